using DfsNet.Client;
using DfsNet.Integrity;

namespace DfsNet.Backups;

/// <summary>Reads a file without holes, and computes the checksum of each of its slices on the way.</summary>
internal sealed class MeasuredStream(Stream source, IReadOnlyList<DfsSlice> slices) : ForwardStream
{
    private readonly uint[] _crcs = new uint[slices.Count];
    private int _slice;
    private long _position;

    /// <summary>CRC32C of each slice, once all is read.</summary>
    public IReadOnlyList<uint> Crcs => _crcs;

    public override long Length => source.Length;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int read = await source.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        Take(buffer.Span[..read]);
        return read;
    }

    private void Take(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            while (_position == EndOf(_slice))
            {
                _slice++;
            }

            int length = (int)Math.Min(bytes.Length, EndOf(_slice) - _position);
            _crcs[_slice] = Crc32C.Append(_crcs[_slice], bytes[..length]);
            _position += length;
            bytes = bytes[length..];
        }
    }

    private long EndOf(int slice) => slices[slice].FileOffset + slices[slice].Length;
}
