using DfsNet.Consensus;
using DfsNet.MetaServer.Replication.Snapshots;
using DfsNet.MetaServer.Store;
using DfsNet.Protocol.Wire;
using Google.Protobuf;

namespace DfsNet.MetaServer.Tests.Replication;

/// <summary>A snapshot is whole, or it is none: truncated, empty, damaged, out of order, mixed of two.</summary>
public sealed class SnapshotFetchTests
{
    private const int RowCount = 3_000;

    [Fact]
    public void All_pieces_in_order_are_a_whole_snapshot()
    {
        var fetch = Fetch(out var rows, Pieces(RowCount));
        Assert.True(fetch.IsWhole);
        Assert.Equal((ulong)RowCount, fetch.Rows);
        Assert.Equal(RowCount, rows);
    }

    [Fact]
    public void A_truncated_one_is_never_whole()
    {
        var pieces = Pieces(RowCount);
        Assert.True(pieces.Count > 2, "there is something to cut off");
        Assert.False(Fetch(out _, pieces.Take(pieces.Count - 1)).IsWhole);

        // Whoever says that it ends earlier has the digest and the count of less than was promised, or of more.
        var early = pieces[^2].Clone();
        (early.Last, early.Digest, early.RowCount) = (true, pieces[^1].Digest, pieces[^1].RowCount);
        RequireCorrupt([.. pieces.Take(pieces.Count - 2), early]);
    }

    [Fact]
    public void An_empty_one_is_damage()
    {
        RequireCorrupt([new SnapshotPiece()]);
        RequireCorrupt([new SnapshotPiece { Last = true, RowCount = RowCount, Digest = 1 }]);
    }

    [Fact]
    public void A_piece_that_is_missing_damaged_or_twice_there_is_found()
    {
        var pieces = Pieces(RowCount);
        RequireCorrupt([pieces[0], .. pieces.Skip(2)]);
        RequireCorrupt([pieces[0], pieces[0]]);
        var damaged = pieces[1].Clone();
        byte[] value = damaged.Rows[5].Value.ToByteArray();
        value[3] ^= 1;
        damaged.Rows[5].Value = ByteString.CopyFrom(value);
        RequireCorrupt([pieces[0], damaged]);
    }

    [Fact]
    public void Pieces_of_two_snapshots_are_none()
    {
        var pieces = Pieces(RowCount);
        var others = Pieces(RowCount, salt: 1);
        RequireCorrupt([.. pieces.Take(1), .. others.Skip(1)]);
    }

    private static void RequireCorrupt(IReadOnlyList<SnapshotPiece> pieces) =>
        Assert.Equal(ErrorCode.Corrupt, Assert.Throws<DfsException>(() => Fetch(out _, pieces)).Code);

    private static SnapshotFetch Fetch(out int rows, IEnumerable<SnapshotPiece> pieces)
    {
        var fetch = new SnapshotFetch(new SnapshotOffer());
        rows = 0;
        foreach (var piece in pieces)
        {
            fetch.Take(piece);
            rows += piece.Rows.Count;
        }

        return fetch;
    }

    private static List<SnapshotPiece> Pieces(int count, byte salt = 0)
    {
        var store = new MemoryStateStore();
        byte[] value = new byte[600];
        value[0] = salt;
        store.Apply(1, [.. Enumerable.Range(0, count).Select(row => new KeyValuePair<byte[], byte[]?>(
            [Keys.InodeTable, (byte)(row >> 8), (byte)row], value))]);
        using var offered = new OfferedSnapshot(1, new LogPoint(1, 1), store.OpenSnapshot());
        var pieces = new List<SnapshotPiece>();
        while (pieces.Count == 0 || !pieces[^1].Last)
        {
            pieces.Add(offered.Read(pieces.Count == 0 ? default : pieces[^1].Rows[^1].Key.Span));
        }

        return pieces;
    }
}
