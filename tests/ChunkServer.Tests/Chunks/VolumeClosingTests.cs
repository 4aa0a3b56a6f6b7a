using DfsNet.ChunkServer.Chunks;
using DfsNet.Devices;
using DfsNet.Devices.Time;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;
using Microsoft.Extensions.Logging.Abstractions;

namespace DfsNet.ChunkServer.Tests.Chunks;

/// <summary>A volume that is closed while its disk is slow or hangs.</summary>
public sealed class VolumeClosingTests
{
    private readonly ManualTimeProvider _time = new();
    private readonly SimulatedDisk _disk;

    public VolumeClosingTests() => _disk = new SimulatedDisk(new Random(1), _time);

    [Fact]
    public async Task A_creation_under_way_is_refused_when_the_volume_closes()
    {
        var volume = await OpenAsync(fresh: true);
        _disk.StallFor(TimeSpan.FromSeconds(1));
        var creating = volume.CreateAsync(new ChunkId(1), VolumeBench.Generation, VolumeBench.Capacity, default, CancellationToken.None);
        var closing = volume.DisposeAsync().AsTask();
        await PassUntilAsync(() => creating.IsCompleted && closing.IsCompleted);
        Assert.Equal(ErrorCode.Unavailable, await VolumeBench.FailAsync(() => creating));
        await closing;
        volume = await OpenAsync(fresh: false);
        Assert.Empty(volume.Report(new ChunkId(0), 10));
        await volume.DisposeAsync();
    }

    [Fact]
    public async Task A_volume_is_closed_in_bounded_time_though_its_disk_hangs()
    {
        var volume = await OpenAsync(fresh: true);
        var writer = await volume.CreateAsync(
            new ChunkId(1), VolumeBench.Generation, VolumeBench.Capacity, default, CancellationToken.None);
        await VolumeBench.AppendAsync(writer, 0, 1_000);
        _disk.StallFor(TimeSpan.FromHours(1));
        _ = VolumeBench.AppendAsync(writer, 1_000, 1_000);
        var closing = volume.DisposeAsync().AsTask();
        await PassUntilAsync(() => closing.IsCompleted);
        Assert.True(_time.GetUtcNow() - DateTimeOffset.UnixEpoch < TimeSpan.FromSeconds(15));
    }

    private Task<Volume> OpenAsync(bool fresh) => Volume.OpenAsync(
        _disk.Attach(),
        new VolumeIdentity(new ClusterId(1), new ServerId(2), new VolumeId(3), fresh),
        VolumeBench.Options,
        _time,
        NullLogger.Instance,
        CancellationToken.None);

    private async Task PassUntilAsync(Func<bool> condition)
    {
        for (int step = 0; step < 400 && !condition(); step++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Delay(1);
        }

        Assert.True(condition());
    }
}
