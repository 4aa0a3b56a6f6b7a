using DfsNet.Protocol.Wire;
using Google.Protobuf;

namespace DfsNet.MetaServer.Replication.Snapshots;

/// <summary>One snapshot on its way: how far it is.</summary>
internal sealed class SnapshotFetch(SnapshotOffer offer)
{
    private uint _digest;

    public SnapshotOffer Offer => offer;

    public ByteString After { get; private set; } = ByteString.Empty;

    public ulong Rows { get; private set; }

    public bool IsWhole { get; private set; }

    /// <summary>The next piece.</summary>
    /// <exception cref="DfsException">Corrupt: it is damaged or out of order, or what came is not the whole snapshot.</exception>
    public void Take(SnapshotPiece piece)
    {
        bool isInOrder = piece.Rows.Zip(piece.Rows.Skip(1)).All(pair => pair.First.Key.Span.SequenceCompareTo(pair.Second.Key.Span) < 0)
            && (piece.Rows.Count == 0 || piece.Rows[0].Key.Span.SequenceCompareTo(After.Span) > 0);
        if (piece.Crc != SnapshotRows.Append(0, piece.Rows) || !isInOrder || (piece.Rows.Count == 0 && !piece.Last))
        {
            throw Damaged("a piece of the snapshot is damaged");
        }

        _digest = SnapshotRows.Append(_digest, piece.Rows);
        Rows += (ulong)piece.Rows.Count;
        After = piece.Rows.Count > 0 ? piece.Rows[^1].Key : After;
        if (piece.Last && (piece.Digest != _digest || piece.RowCount != Rows))
        {
            throw Damaged(
                $"the snapshot should have {piece.RowCount} rows of digest {piece.Digest:x8}, and has {Rows} of {_digest:x8}");
        }

        IsWhole = piece.Last;
    }

    private static DfsException Damaged(string what) => new(ErrorCode.Corrupt, "fetch a snapshot", what);
}
