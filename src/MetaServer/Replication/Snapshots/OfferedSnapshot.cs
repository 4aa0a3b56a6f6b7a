using DfsNet.Consensus;
using DfsNet.MetaServer.Store;
using DfsNet.Protocol.Wire;
using Google.Protobuf;

namespace DfsNet.MetaServer.Replication.Snapshots;

/// <summary>
/// A view of the state as of one entry, read by members piece by piece. Whoever reads to the end in order gets a digest of everything;
/// pieces may be read again.
/// </summary>
internal sealed class OfferedSnapshot(ulong id, LogPoint point, IStateSnapshot view) : IDisposable
{
    // Half a second of a slow disk; small enough for any call's deadline.
    private const int PieceBytes = 512 * 1024;

    // Behind the store's own rows, up to the end of all tables.
    private static readonly byte[] First = [Keys.StoreTable + 1];
    private static readonly byte[] End = [byte.MaxValue];

    // Guards all below: the digest of all rows up to a key, for the reader that is furthest.
    private readonly Lock _lock = new();
    private byte[] _digestedTo = [];
    private uint _digest;
    private ulong _rows;
    private bool _isDisposed;

    public ulong Id => id;

    public LogPoint Point => point;

    public SnapshotPiece Read(ReadOnlySpan<byte> after)
    {
        lock (_lock)
        {
            if (_isDisposed)
            {
                throw SnapshotSender.Gone();
            }

            var piece = new SnapshotPiece { Last = true };
            int bytes = 0;
            foreach (var (key, value) in view.Scan(Behind(after), End))
            {
                if (bytes >= PieceBytes)
                {
                    piece.Last = false;
                    break;
                }

                piece.Rows.Add(RowOf(key, value));
                bytes += key.Length + value.Length;
            }

            piece.Crc = SnapshotRows.Append(0, piece.Rows);
            Digest(after, piece);
            return piece;
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            if (!_isDisposed)
            {
                _isDisposed = true;
                view.Dispose();
            }
        }
    }

    private void Digest(ReadOnlySpan<byte> after, SnapshotPiece piece)
    {
        if (after.SequenceEqual(_digestedTo))
        {
            _digest = SnapshotRows.Append(_digest, piece.Rows);
            _rows += (ulong)piece.Rows.Count;
            _digestedTo = piece.Rows.Count > 0 ? piece.Rows[^1].Key.ToByteArray() : _digestedTo;
        }

        if (piece.Last)
        {
            if (!IsDigestedWhole(piece))
            {
                DigestAll();
            }

            piece.Digest = _digest;
            piece.RowCount = _rows;
        }
    }

    private bool IsDigestedWhole(SnapshotPiece piece) => piece.Rows.Count > 0 && piece.Rows[^1].Key.Span.SequenceEqual(_digestedTo);

    private void DigestAll()
    {
        (_digest, _rows) = (0, 0);
        foreach (var (key, value) in view.Scan(First, End))
        {
            _digest = SnapshotRows.Append(_digest, RowOf(key, value));
            _rows++;
            _digestedTo = key;
        }
    }

    private static SnapshotRow RowOf(byte[] key, byte[] value) =>
        new() { Key = UnsafeByteOperations.UnsafeWrap(key), Value = UnsafeByteOperations.UnsafeWrap(value) };

    private static byte[] Behind(ReadOnlySpan<byte> after) => after.Length == 0 ? First : [.. after, 0];
}
