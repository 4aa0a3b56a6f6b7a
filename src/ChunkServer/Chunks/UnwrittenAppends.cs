namespace DfsNet.ChunkServer.Chunks;

/// <summary>
/// Appends that the journal has and a full disk kept from their chunk's file when the volume was opened. They are served from here, and the
/// journal is not cut before they are written; so they take no more memory than the journal has bytes. Unchanged once recovery has ended.
/// </summary>
internal sealed class UnwrittenAppends
{
    private readonly List<(int Offset, byte[] Payload)> _pieces = [];

    public void Add(int offset, ReadOnlySpan<byte> payload) => _pieces.Add((offset, payload.ToArray()));

    /// <summary>
    /// Completes what the file gave (<paramref name="read"/> bytes of the chunk from <paramref name="start"/>); how much there is now.
    /// </summary>
    public int Fill(int start, Span<byte> bytes, int read)
    {
        bytes[read..].Clear();
        foreach (var (offset, payload) in _pieces)
        {
            int from = Math.Max(offset, start);
            int to = Math.Min(offset + payload.Length, start + bytes.Length);
            if (from < to)
            {
                payload.AsSpan(from - offset, to - from).CopyTo(bytes[(from - start)..]);
                read = Math.Max(read, to - start);
            }
        }

        return read;
    }

    /// <summary>Writes what belongs to the first <paramref name="length"/> bytes of the chunk; to be flushed by the caller.</summary>
    public async ValueTask WriteAsync(ChunkFile file, int length)
    {
        foreach (var (offset, payload) in _pieces)
        {
            if (offset < length)
            {
                await file.WriteAsync(offset, payload.AsMemory(0, Math.Min(payload.Length, length - offset))).ConfigureAwait(false);
            }
        }
    }
}
