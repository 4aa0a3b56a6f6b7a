using DfsNet.MetaServer.Chunks;
using DfsNet.MetaServer.State;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Commands;

/// <summary>Commits removals of replicas, forgets those that are confirmed, and takes copies that are proven.</summary>
internal static class ChangeReplicasRules
{
    // Each writes a replica, an index, a leaving, a chunk and a server row.
    private const int ChangesMax = 1_000;

    public static CommandResult Apply(CommandContext context, ChangeReplicas command)
    {
        int changes = command.Leaving.Count + command.Gone.Count + command.Added.Count;
        if (changes > ChangesMax)
        {
            throw Refusal.Because(ErrorCode.LimitExceeded, $"{changes} changes of replicas in one command, {ChangesMax} is the most");
        }

        foreach (var key in command.Leaving)
        {
            ReplicaLedger.Leave(context, new ChunkId(key.ChunkId), new ServerId(key.ServerId), new Generation(key.Generation));
        }

        foreach (var key in command.Gone)
        {
            ReplicaLedger.Gone(context, new ChunkId(key.ChunkId), new ServerId(key.ServerId), new Generation(key.Generation));
        }

        foreach (var copy in command.Added)
        {
            ReplicaLedger.Adopt(context, copy);
        }

        return new CommandResult();
    }
}
