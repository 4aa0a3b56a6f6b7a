using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.Client.Tests.Cluster;

/// <summary>Offsets at and beyond the ends of what a file can be.</summary>
public sealed class OffsetTests
{
    [Fact]
    public async Task Offsets_that_no_file_has_are_refused_and_the_content_stays()
    {
        await using var cluster = await TestCluster.StartAsync();
        byte[] content = Bytes.Of(1000);
        await cluster.Client.PutAsync("/f", content);
        await using (var writer = await cluster.Client.OpenWriteAsync("/f", new DfsWriteOptions { Mode = DfsWriteMode.Open }))
        {
            writer.Position = 10;
            Assert.Throws<ArgumentOutOfRangeException>(() => writer.Position = -1);
            Assert.Throws<ArgumentOutOfRangeException>(() => writer.Position = long.MaxValue);
            Assert.Throws<ArgumentOutOfRangeException>(() => writer.Seek(-11, SeekOrigin.Current));
            Assert.Throws<ArgumentOutOfRangeException>(() => writer.Seek(long.MaxValue, SeekOrigin.Current));
            Assert.Throws<ArgumentOutOfRangeException>(() => writer.Seek(long.MaxValue, SeekOrigin.End));
            Assert.Equal(10, writer.Position);
            await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => writer.SetLengthAsync(-1));
            Assert.Equal(
                ErrorCode.InvalidArgument,
                (await Assert.ThrowsAsync<DfsException>(() => writer.SetLengthAsync(long.MaxValue))).Code);
            writer.Position = Limits.FileLengthMax;
            var beyond = await Assert.ThrowsAsync<DfsException>(async () => await writer.WriteAsync(Bytes.Of(1)));
            Assert.Equal(ErrorCode.InvalidArgument, beyond.Code);
        }

        Assert.Equal(content, await Bytes.ReadAsync(cluster.Client, "/f"));
    }

    [Fact]
    public async Task A_hole_of_exabytes_reads_as_zeros()
    {
        const long Far = 1L << 62;
        await using var cluster = await TestCluster.StartAsync();
        await using (var writer = await cluster.Client.OpenWriteAsync("/f"))
        {
            writer.Position = Far;
            await writer.WriteAsync(new byte[] { 7 });
        }

        await using var reader = await cluster.Client.OpenReadAsync("/f");
        Assert.Equal(Far + 1, reader.Length);
        byte[] last = new byte[3];
        reader.Position = Far - 2;
        await reader.ReadExactlyAsync(last);
        Assert.Equal([0, 0, 7], last);
        Assert.Equal(0, await reader.ReadAsync(last));
        reader.Position = Limits.FileLengthMax;
        Assert.Equal(0, await reader.ReadAsync(last));
    }
}
