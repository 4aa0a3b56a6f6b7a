using DfsNet.MetaServer.Chunks;
using DfsNet.MetaServer.State;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Commands;

/// <summary>Removes chunks that nobody owns or refers to when the command is applied; others are passed over.</summary>
internal static class RemoveChunksRules
{
    private const int ChunksMax = 1_000;

    // One chunk's rows: itself, unreferenced, and two for each of at most 16 replicas; with room to spare.
    private const int RecordsPerChunkMax = 64;

    public static CommandResult Apply(CommandContext context, RemoveChunks command)
    {
        if (command.ChunkIds.Count > ChunksMax)
        {
            throw Refusal.Because(ErrorCode.LimitExceeded, $"{command.ChunkIds.Count} chunks in one command, {ChunksMax} is the most");
        }

        foreach (ulong id in command.ChunkIds)
        {
            if (context.State.Changes.Count > StateMachine.RecordsMax - RecordsPerChunkMax)
            {
                return new CommandResult { More = true };
            }

            var chunk = new ChunkId(id);
            if (StateReader.Chunk(context.State, chunk) is { } record && ChunkLedger.IsIdle(record))
            {
                ChunkLedger.Remove(context, chunk);
            }
        }

        return new CommandResult();
    }
}
