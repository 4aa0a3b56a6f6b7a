using DfsNet.MetaServer.Replication;
using DfsNet.MetaServer.State;
using DfsNet.MetaServer.Store;
using DfsNet.Protocol.Wire;
using DfsNet.Workers;

namespace DfsNet.MetaServer.Maintenance;

/// <summary>Drops the slices of maps that no file uses any more, in bounded steps; so deleting a huge file is one small command.</summary>
internal sealed class MapReclaimer(IStateStore store, Proposer proposer, TimeProvider time) : IWorker
{
    // A slice writes at most three records; a step stays well inside a command's 10,000.
    private const uint SlicesPerStep = 1_000;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private long _steps;

    public string Name => "reclaim maps";

    public string Status => $"{Interlocked.Read(ref _steps)} steps done";

    public async Task<WorkResult> WorkAsync(CancellationToken cancellation)
    {
        using var snapshot = store.OpenSnapshot();
        foreach (var map in StateReader.DetachedMaps(snapshot))
        {
            var reclaim = new ReclaimMap { MapId = map.Value, MaxSlices = SlicesPerStep };
            await proposer.ProposeAsync(new Command { ReclaimMap = reclaim }, cancellation).ConfigureAwait(false);
            Interlocked.Increment(ref _steps);
            return WorkResult.Busy;
        }

        return WorkResult.Idle;
    }

    public Task WaitForWorkAsync(CancellationToken cancellation) => Task.Delay(Pause, time, cancellation);
}
