using System.Globalization;
using DfsNet.Cli.Servers;
using DfsNet.Protocol.Wire;

namespace DfsNet.Cli.Bench;

/// <summary>What a snapshot of the metadata does to writes that go on meanwhile.</summary>
/// <param name="Names">Directories there were before.</param>
/// <param name="GapQuietMs">Longest time without an acknowledgement while nothing else went on.</param>
/// <param name="GapSnapshotMs">The same while a server that had been away fetched a snapshot and caught up.</param>
/// <param name="SnapshotSeconds">How long that took.</param>
/// <param name="GapBackupMs">The same while a backup was taken.</param>
/// <param name="BackupSeconds">How long that took.</param>
internal sealed record SnapshotFacts(
    long Names,
    double GapQuietMs,
    double GapSnapshotMs,
    double SnapshotSeconds,
    double GapBackupMs,
    double BackupSeconds,
    long Acknowledged,
    double FlushesPerSecond);

/// <summary>
/// Users make directories on three metadata servers, first with nothing else going on, then while one that was away for longer than the log
/// is kept fetches a snapshot, then while a backup is taken.
/// </summary>
internal sealed class SnapshotBenchmark(ChildCluster cluster, Surroundings surroundings)
{
    private const string Root = "/snapshot";
    private const int Fillers = 64;
    private const int Users = 16;

    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Away = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(20);

    private readonly AckMeter _meter = new(surroundings.Time);

    public async Task<SnapshotFacts> RunAsync(int names, CancellationToken cancellation)
    {
        var limits = new MachineLimits(cluster.Data, surroundings.Time);
        double flushes = (await limits.FlushRateAsync(cancellation).ConfigureAwait(false)).Value;
        await FillAsync(names, cancellation).ConfigureAwait(false);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var users = Enumerable.Range(0, Users).Select(user => Task.Run(() => WorkAsync(user, stop.Token), CancellationToken.None)).ToList();
        await Task.Delay(Quiet / 5, surroundings.Time, cancellation).ConfigureAwait(false);
        var (quiet, _) = await MeasureAsync(() => Task.Delay(Quiet, surroundings.Time, cancellation)).ConfigureAwait(false);

        string away = await cluster.KillFollowerAsync(cancellation).ConfigureAwait(false);
        await Task.Delay(Away, surroundings.Time, cancellation).ConfigureAwait(false);
        var (snapshot, snapshotTime) = await MeasureAsync(() => ComeBackAsync(away, cancellation)).ConfigureAwait(false);
        var (backup, backupTime) = await MeasureAsync(
            () => cluster.MetaNodes.BackUpAsync(_ => Task.CompletedTask, cancellation)).ConfigureAwait(false);
        await stop.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(users).ConfigureAwait(false);
        return new SnapshotFacts(
            names, quiet, snapshot, snapshotTime.TotalSeconds, backup, backupTime.TotalSeconds, _meter.Count, flushes);
    }

    private async Task<(double GapMs, TimeSpan Time)> MeasureAsync(Func<Task> work)
    {
        _meter.Begin();
        long began = surroundings.Time.GetTimestamp();
        await work().ConfigureAwait(false);
        return (Math.Round(_meter.Longest.TotalMilliseconds, 1), surroundings.Time.GetElapsedTime(began));
    }

    /// <summary>Starts the server again, sees that it is sent a snapshot, and waits until it lacks next to nothing.</summary>
    private async Task ComeBackAsync(string address, CancellationToken cancellation)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var seen = SeeSnapshotAsync(address, over.Token);
        await cluster.RestartMetaServerAsync(address, cancellation).ConfigureAwait(false);
        await over.CancelAsync().ConfigureAwait(false);
        if (!await seen.ConfigureAwait(false))
        {
            throw new CommandFailure("the server that was away did not need a snapshot: take more names");
        }
    }

    private async Task<bool> SeeSnapshotAsync(string address, CancellationToken over)
    {
        while (!over.IsCancellationRequested)
        {
            var (_, reply) = await cluster.MetaNodes.FindBestAsync(CancellationToken.None).ConfigureAwait(false);
            if (reply.Role == MemberRole.Leader && reply.Members.Any(member => member.Address == address && member.Snapshot))
            {
                return true;
            }

            await Task.Delay(Look, surroundings.Time, CancellationToken.None).ConfigureAwait(false);
        }

        return false;
    }

    private async Task FillAsync(int names, CancellationToken cancellation)
    {
        await cluster.Files.CreateDirectoryAsync(Root, parents: true, cancellation).ConfigureAwait(false);
        await Parallel.ForAsync(
            0,
            names,
            new ParallelOptions { MaxDegreeOfParallelism = Fillers, CancellationToken = cancellation },
            async (number, token) => await cluster.Files.CreateDirectoryAsync(
                string.Create(CultureInfo.InvariantCulture, $"{Root}/d{number}"), parents: false, token).ConfigureAwait(false))
            .ConfigureAwait(false);
    }

    private async Task WorkAsync(int user, CancellationToken stop)
    {
        for (int step = 0; !stop.IsCancellationRequested; step++)
        {
            await cluster.Files.CreateDirectoryAsync(
                string.Create(CultureInfo.InvariantCulture, $"{Root}/user-{user}-{step}"), parents: false, CancellationToken.None)
                .ConfigureAwait(false);
            _meter.Acknowledge();
        }
    }
}
