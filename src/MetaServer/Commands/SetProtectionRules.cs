using DfsNet.MetaServer.State;
using DfsNet.MetaServer.Store;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Commands;

/// <summary>Whether anything may be deleted or cut on chunk servers: not after a restore, until an operator says so.</summary>
internal static class SetProtectionRules
{
    public static CommandResult Apply(CommandContext context, SetProtection command)
    {
        var cluster = context.Cluster!;
        if (cluster.Protected != command.Protected)
        {
            cluster.Protected = command.Protected;
            context.State.Put(Keys.Cluster, cluster);
        }

        return new CommandResult();
    }
}
