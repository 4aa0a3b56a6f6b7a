using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.Client.Data;

/// <summary>A part of a file's committed map, as it was at one version.</summary>
internal sealed class LayoutPage
{
    private readonly IReadOnlyList<Slice> _slices;
    private readonly Dictionary<ulong, ChunkLayout> _chunks;
    private readonly Dictionary<ulong, ServerAddress> _servers;

    /// <param name="reply">The metadata server's answer.</param>
    /// <param name="start">The offset that was asked for.</param>
    /// <param name="fetchedAt">Timestamp of the asking.</param>
    public LayoutPage(GetLayoutReply reply, long start, long fetchedAt)
    {
        Attributes = reply.Attributes;
        FetchedAt = fetchedAt;
        Start = start;
        _slices = reply.Slices;
        _chunks = reply.Chunks.ToDictionary(chunk => chunk.ChunkId);
        _servers = reply.Servers.ToDictionary(server => server.ServerId);
        End = reply.More && _slices.Count != 0 ? EndOf(_slices[^1]) : long.MaxValue;
    }

    public Attributes Attributes { get; }

    public long FetchedAt { get; }

    public long Length => (long)Attributes.Length;

    public ulong Version => Attributes.Version;

    /// <summary>First byte the page knows about.</summary>
    public long Start { get; }

    /// <summary>Behind the last byte the page knows about.</summary>
    public long End { get; }

    public bool Covers(long offset) => offset >= Start && offset < End;

    /// <summary>
    /// What lies at <paramref name="offset"/> (which the page covers), up to the end of the slice, of the hole, or of the file.
    /// </summary>
    public Segment At(long offset)
    {
        int low = 0;
        int high = _slices.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (EndOf(_slices[middle]) <= offset)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        long end = Math.Min(Length, End);
        if (low == _slices.Count)
        {
            return new Segment(offset, end - offset, null, null);
        }

        var slice = _slices[low];
        return (long)slice.FileOffset > offset
            ? new Segment(offset, Math.Min((long)slice.FileOffset, end) - offset, null, null)
            : new Segment(offset, Math.Min(EndOf(slice), end) - offset, slice, ChunkOf(slice));
    }

    public IEnumerable<Slice> Slices => _slices;

    public IEnumerable<ChunkLayout> Chunks => _chunks.Values;

    public ServerAddress? Server(ulong id) => _servers.GetValueOrDefault(id);

    private static long EndOf(Slice slice) => (long)slice.FileOffset + slice.Length;

    private ChunkSource ChunkOf(Slice slice)
    {
        if (!_chunks.TryGetValue(slice.ChunkId, out var chunk))
        {
            throw new DfsException(ErrorCode.Internal, "read layout", $"the metadata server left out chunk {slice.ChunkId:x}");
        }

        var replicas = chunk.Replicas
            .Select(replica => new ReplicaAddress(
                new ReplicaPlace(new ServerId(replica.ServerId), new VolumeId(replica.VolumeId)),
                replica.Generation,
                _servers.GetValueOrDefault(replica.ServerId)?.Address ?? "",
                _servers.GetValueOrDefault(replica.ServerId)?.State == ServerState.Healthy && !replica.Slow))
            .Where(replica => replica.Address.Length != 0)
            .ToArray();
        return new ChunkSource(chunk.ChunkId, (int)chunk.Length, chunk.Digest, replicas);
    }
}

/// <summary>A range of a file: of one slice, or a hole (no slice), whose bytes are zero.</summary>
internal sealed record Segment(long FileOffset, long Length, Slice? Slice, ChunkSource? Chunk)
{
    /// <summary>Where the range begins in the chunk.</summary>
    public int ChunkOffset => Slice is null ? 0 : (int)(Slice.ChunkOffset + (FileOffset - (long)Slice.FileOffset));
}

/// <summary>What a reader must know of a chunk: the prefix [0, length), its digest, and who has it.</summary>
internal sealed record ChunkSource(ulong ChunkId, int Length, uint Digest, IReadOnlyList<ReplicaAddress> Replicas);

/// <summary>
/// A replica that may be read; <paramref name="Healthy"/>: its server answers, and its volume is not left out for being slow.
/// </summary>
internal sealed record ReplicaAddress(ReplicaPlace Place, ulong Generation, string Address, bool Healthy)
{
    public ulong ServerId => Place.Server.Value;
}
