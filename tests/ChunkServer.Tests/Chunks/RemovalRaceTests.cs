using DfsNet.ChunkServer.Chunks;
using DfsNet.Devices;
using DfsNet.Devices.Time;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;
using Microsoft.Extensions.Logging.Abstractions;

namespace DfsNet.ChunkServer.Tests.Chunks;

/// <summary>A replica is removed before, while and after it comes into being.</summary>
public sealed class RemovalRaceTests
{
    private static readonly ChunkId Chunk = new(1);

    private readonly ManualTimeProvider _time = new();
    private readonly SimulatedDisk _disk;

    public RemovalRaceTests() => _disk = new SimulatedDisk(new Random(1), _time);

    [Fact]
    public async Task A_removal_waits_for_the_creation_under_way_and_takes_what_it_made()
    {
        var volume = await OpenAsync();
        _disk.StallFor(TimeSpan.FromSeconds(1));
        var creating = volume.CreateAsync(Chunk, VolumeBench.Generation, VolumeBench.Capacity, default, CancellationToken.None);
        var removing = volume.RemoveAsync(Chunk, VolumeBench.Generation, CancellationToken.None);
        for (int step = 0; step < 400 && !(creating.IsCompleted && removing.IsCompleted); step++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Delay(1);
        }

        await creating;
        await removing;
        Assert.False(volume.Holds(Chunk));
        Assert.DoesNotContain(ChunkPath.File(Chunk), _disk.Paths);
        await volume.DisposeAsync();
    }

    [Fact]
    public async Task A_creation_behind_the_removal_of_its_replica_is_refused()
    {
        var volume = await OpenAsync();
        await volume.RemoveAsync(Chunk, VolumeBench.Generation, CancellationToken.None);
        Assert.Equal(ErrorCode.StaleOrder, await VolumeBench.FailAsync(
            () => volume.CreateAsync(Chunk, VolumeBench.Generation, VolumeBench.Capacity, default, CancellationToken.None)));
        var next = new Generation(VolumeBench.Generation.Value + 1);
        await volume.CreateAsync(Chunk, next, VolumeBench.Capacity, default, CancellationToken.None);
        Assert.True(volume.Holds(Chunk));
        await volume.DisposeAsync();
    }

    private Task<Volume> OpenAsync() => Volume.OpenAsync(
        _disk.Attach(),
        new VolumeIdentity(new ClusterId(1), new ServerId(2), new VolumeId(3), Fresh: true),
        VolumeBench.Options,
        _time,
        NullLogger.Instance,
        CancellationToken.None);
}
