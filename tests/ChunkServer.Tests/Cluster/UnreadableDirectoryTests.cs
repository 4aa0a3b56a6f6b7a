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
    public async Task A_disk_that_is_not_mounted_is_left_alone_and_its_volume_is_missing()
    {
        var volumes = await SetUpAsync(_disks);

        await using (var directories = await OpenAsync(_disks[0], new SimulatedDisk(new Random(4))))
        {
            Assert.Equal([volumes[1]], directories.Missing);
            Assert.Equal([volumes[0]], directories.Present.Select(directory => directory.Record.Volume));
            Assert.Contains("--new-volume", Assert.Single(directories.LeftAlone), StringComparison.Ordinal);
        }

        await using var again = await OpenAsync(_disks);
        Assert.Empty(again.Missing);
        Assert.Equal(volumes, again.Present.Select(directory => directory.Record.Volume));
    }

    [Fact]
    public async Task A_path_that_cannot_be_a_directory_is_left_alone_when_others_are_well()
    {
        string folder = Directory.CreateTempSubdirectory("dfs-test-").FullName;
        try
        {
            string[] paths = [Path.Combine(folder, "first"), Path.Combine(folder, "second")];
            await using (var directories = await OpenAsync(paths))
            {
                await directories.AdoptAsync(Identity);
            }

            // As root, and to whom nothing is forbidden, a mount point of somebody else is no hindrance: a file is.
            Directory.Move(paths[1], Path.Combine(folder, "away"));
            await File.WriteAllTextAsync(paths[1], "");
            await using var left = await OpenAsync(paths);

            Assert.Single(left.Missing);
            Assert.Single(left.Present);
            Assert.StartsWith($"{paths[1]} cannot be used", Assert.Single(left.LeftAlone), StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task A_path_that_is_no_directory_is_named()
    {
        string file = Path.GetTempFileName();
        try
        {
            var error = await Assert.ThrowsAsync<DfsException>(() => OpenAsync(file));

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
        OpenAsync([.. disks.Select(disk => disk.Attach())]);

    private static Task<DataDirectories> OpenAsync(params IReadOnlyList<string> paths) =>
        OpenAsync([.. paths.Select(path => new LocalDisk(path))]);

    private static Task<DataDirectories> OpenAsync(IReadOnlyList<IDisk> disks) =>
        DataDirectories.OpenAsync(disks, false, new Random(3), NullLogger<DataDirectories>.Instance);

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
