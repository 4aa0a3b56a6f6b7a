using DfsNet.MetaServer.State;
using DfsNet.MetaServer.Store;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Commands;

/// <summary>From now on commands of a newer level may be proposed. It never goes down: what they changed is in the state.</summary>
internal static class RaiseFeatureLevelRules
{
    public static CommandResult Apply(CommandContext context, RaiseFeatureLevel command)
    {
        var cluster = context.Cluster!;
        if (command.FeatureLevel > cluster.FeatureLevel)
        {
            cluster.FeatureLevel = command.FeatureLevel;
            context.State.Put(Keys.Cluster, cluster);
        }

        return new CommandResult();
    }
}
