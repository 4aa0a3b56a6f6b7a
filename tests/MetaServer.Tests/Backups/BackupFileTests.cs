using DfsNet.MetaServer.Backups;
using DfsNet.MetaServer.Replication.Snapshots;
using DfsNet.Protocol.Wire;
using Google.Protobuf;

namespace DfsNet.MetaServer.Tests.Backups;

public sealed class BackupFileTests
{
    [Fact]
    public async Task A_backup_gives_back_its_rows()
    {
        var rows = new List<SnapshotRow>();
        var header = await BackupFile.ReadAsync(new MemoryStream(Make()), rows.AddRange, CancellationToken.None);
        Assert.Equal(9UL, header.ClusterId);
        Assert.Equal(["a", "b", "c"], rows.Select(row => row.Key.ToStringUtf8()));
    }

    [Fact]
    public async Task Whatever_byte_is_wrong_or_missing_is_noticed()
    {
        byte[] whole = Make();
        for (int at = 0; at < whole.Length; at++)
        {
            byte[] damaged = [.. whole];
            damaged[at] ^= 4;
            await RefusedAsync(damaged);
            await RefusedAsync(whole[..at]);
        }

        await RefusedAsync([.. whole, 0]);
    }

    private static async Task RefusedAsync(byte[] bytes)
    {
        var error = await Assert.ThrowsAsync<DfsException>(
            () => BackupFile.ReadAsync(new MemoryStream(bytes), _ => { }, CancellationToken.None));
        Assert.True(error.Code is ErrorCode.Corrupt or ErrorCode.Unsupported, error.Code.ToString());
    }

    private static byte[] Make()
    {
        var pieces = new[] { new[] { "a", "b" }, ["c"] }.Select(keys => new SnapshotPiece
        {
            Rows = { keys.Select(key => new SnapshotRow { Key = ByteString.CopyFromUtf8(key), Value = ByteString.CopyFromUtf8("x") }) },
        }).ToList();
        pieces[^1].Last = true;
        pieces[^1].RowCount = 3;
        pieces[^1].Digest = SnapshotRows.Append(0, pieces.SelectMany(piece => piece.Rows));
        return
        [
            .. BackupFile.Begin(),
            .. BackupFile.Encode(new BackupPiece { Header = new BackupHeader { ClusterId = 9 } }),
            .. pieces.SelectMany(piece => BackupFile.Encode(new BackupPiece { Rows = piece })),
        ];
    }
}
