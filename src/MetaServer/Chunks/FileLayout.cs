using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Chunks;

/// <summary>A page of a file's map. <paramref name="More"/>: further slices follow the last.</summary>
internal sealed record FileLayout(Attributes Attributes, IReadOnlyList<Slice> Slices, IReadOnlyList<LayoutChunk> Chunks, bool More);

/// <summary>A chunk that the page names, with its present replicas in order of server.</summary>
internal sealed record LayoutChunk(ChunkId Chunk, ChunkRecord Record, IReadOnlyList<(ServerId Server, ReplicaRecord Record)> Replicas);
