using DfsNet.MetaServer.State;
using DfsNet.MetaServer.Store;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Commands;

/// <summary>A server is to be emptied, or not any more. It stands in the record, so a new leader goes on.</summary>
internal static class SetDrainingRules
{
    public static CommandResult Apply(CommandContext context, SetDraining command)
    {
        var server = new ServerId(command.ServerId);
        var record = context.State.Get(Keys.Server(server))
            ?? throw Refusal.Because(ErrorCode.NotFound, $"there is no server {server}");
        if (record.Draining != command.Draining)
        {
            record.Draining = command.Draining;
            context.State.Put(Keys.Server(server), record);
            context.Announce(new ServerRegistered(server));
        }

        return new CommandResult();
    }
}
