using DfsNet.Protocol.Wire;

namespace DfsNet.ChunkServer.Services;

/// <summary>The small calls of a chunk server.</summary>
internal sealed class ChunkService : Chunk.ChunkBase
{
}
