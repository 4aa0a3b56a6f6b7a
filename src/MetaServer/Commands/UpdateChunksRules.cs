using DfsNet.MetaServer.Chunks;
using DfsNet.MetaServer.State;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Commands;

/// <summary>An owner's word on its chunks alone.</summary>
internal static class UpdateChunksRules
{
    public static CommandResult Apply(CommandContext context, UpdateChunks command)
    {
        ChunkUpdates.Advance(context, command.Chunks);
        ChunkUpdates.Release(context, command.Chunks);
        return new CommandResult();
    }
}
