using DfsNet.Protocol.Wire;

namespace DfsNet.ChunkServer;

/// <summary>A chunk server at one moment, for those who watch it.</summary>
/// <param name="Appends">Append streams.</param>
/// <param name="Reads">Reads of clients.</param>
/// <param name="Volumes">As they were measured last.</param>
public sealed record ChunkFigures(int Appends, int Reads, IReadOnlyList<VolumeStatus> Volumes);
