using DfsNet.MetaServer.Chunks;
using DfsNet.MetaServer.State;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Commands;

/// <summary>The leader seals a chunk at its committed length: the owner did not answer. An empty one is dropped.</summary>
internal static class SealChunkRules
{
    public static CommandResult Apply(CommandContext context, SealChunk command)
    {
        var chunk = new ChunkId(command.ChunkId);
        var record = StateReader.Chunk(context.State, chunk)
            ?? throw Refusal.Because(ErrorCode.ChunkNotFound, $"chunk {chunk} does not exist (any more)");
        if (record.State == ChunkState.Open)
        {
            ChunkLedger.Seal(context, chunk);
        }

        return new CommandResult { ChunkId = command.ChunkId };
    }
}
