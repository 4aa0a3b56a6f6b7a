using DfsNet.ChunkServer.Cluster;
using DfsNet.Devices;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;
using DfsNet.Storage.Disk;
using Microsoft.Extensions.Logging.Abstractions;

namespace DfsNet.ChunkServer.Tests.Cluster;

/// <summary>A data directory whose own files cannot be read.</summary>
public sealed class UnreadableDirectoryTests
{
    private static readonly NodeIdentity Identity = new(new ClusterId(7), new ServerId(3));

    private readonly SimulatedDisk[] _disks = [new(new Random(1)), new(new Random(2))];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task One_bad_disk_among_two_is_left_alone_and_its_volume_is_missing(bool isRot)
    {
        var volumes = await SetUpAsync(_disks);
        Break(isRot);

        await using var directories = await OpenAsync(_disks);

        Assert.Equal([volumes[0]], directories.Missing);
        Assert.Equal([volumes[1]], directories.Present.Select(directory => directory.Record.Volume));
        Assert.Equal(Identity, directories.Identity);
    }

    [Theory]
    [InlineData(false, ErrorCode.VolumeFailed)]
    [InlineData(true, ErrorCode.Corrupt)]
    public async Task A_server_whose_only_disk_cannot_be_read_does_not_begin_anew(bool isRot, ErrorCode expected)
    {
        await SetUpAsync(_disks[0]);
        Break(isRot);

        var error = await Assert.ThrowsAsync<DfsException>(() => OpenAsync(_disks[0]));

        Assert.Equal(expected, error.Code);
    }

    [Fact]
    public async Task A_bad_disk_beside_an_empty_one_does_not_make_a_new_server()
    {
        await SetUpAsync(_disks[0]);
        Break(isRot: false);

        await Assert.ThrowsAsync<DfsException>(() => OpenAsync(_disks));
    }

    [Fact]
    public async Task A_path_that_is_no_directory_is_named()
    {
        string file = Path.GetTempFileName();
        try
        {
            var error = await Assert.ThrowsAsync<DfsException>(() => DataDirectories.OpenAsync(
                [new LocalDisk(file)], false, new Random(3), NullLogger<DataDirectories>.Instance));

            Assert.StartsWith($"{file} cannot be used", error.Message, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task A_directory_that_holds_something_else_is_left_alone()
    {
        var disk = _disks[0].Attach();
        await AtomicFile.WriteAsync(disk, "identity", new byte[8]);

        var error = await Assert.ThrowsAsync<DfsException>(() => OpenAsync(_disks[0]));

        Assert.Equal(ErrorCode.Refused, error.Code);
        Assert.Contains("identity", error.Message, StringComparison.Ordinal);
        Assert.False(await disk.ExistsAsync(DirectoryRecord.Path));
    }

    [Fact]
    public async Task A_new_file_system_and_an_interrupted_start_count_as_empty()
    {
        var disk = _disks[0].Attach();
        await disk.CreateDirectoryAsync("lost+found");
        var file = await disk.OpenAsync(DirectoryRecord.Path + ".tmp", FileOpening.CreateNew);
        await file.DisposeAsync();

        await using var directories = await OpenAsync(_disks[0]);

        Assert.Single(directories.Present);
    }

    private static Task<DataDirectories> OpenAsync(params IReadOnlyList<SimulatedDisk> disks) =>
        DataDirectories.OpenAsync([.. disks.Select(disk => disk.Attach())], false, new Random(3), NullLogger<DataDirectories>.Instance);

    private static async Task<IReadOnlyList<VolumeId>> SetUpAsync(params IReadOnlyList<SimulatedDisk> disks)
    {
        await using var directories = await OpenAsync(disks);
        await directories.AdoptAsync(Identity);
        return [.. directories.Present.Select(directory => directory.Record.Volume)];
    }

    private void Break(bool isRot)
    {
        if (isRot)
        {
            _disks[0].FlipBit(DirectoryRecord.Path, 200);
        }
        else
        {
            _disks[0].BreakSectors(DirectoryRecord.Path, 0, 1);
        }
    }
}
