using DfsNet.MetaServer.Chunks;
using DfsNet.MetaServer.State;
using DfsNet.MetaServer.Store;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Commands;

/// <summary>
/// Takes a server out of the record, its replica rows with it: a step of up to a thousand rows, and the server itself with the last.
/// </summary>
internal static class RemoveServerRules
{
    // Each writes a replica, an index, a leaving, a chunk and the server's row.
    private const int RowsMax = 1_000;

    public static CommandResult Apply(CommandContext context, RemoveServer command)
    {
        var server = new ServerId(command.ServerId);
        var record = context.State.Get(Keys.Server(server))
            ?? throw Refusal.Because(ErrorCode.NotFound, $"there is no server {server}");
        foreach (var (chunk, _) in StateReader.ReplicasOf(context.State, server, default).Take(RowsMax).ToList())
        {
            if (!ReplicaLedger.TryForget(context, chunk, server, command.Lossy))
            {
                throw Refusal.Because(
                    ErrorCode.ConditionFailed,
                    $"server {server} has the only replica of chunk {chunk}, or the chunk is still being written");
            }
        }

        if (context.State.Require(Keys.Server(server)).Replicas > 0)
        {
            return new CommandResult { More = true };
        }

        context.State.Delete(Keys.ServerNonce(record.Nonce));
        context.State.Delete(Keys.Server(server));
        context.Announce(new ServerRemoved(server));
        return new CommandResult();
    }
}
