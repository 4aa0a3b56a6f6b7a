using System.Globalization;
using DfsNet.Cli.Servers;
using DfsNet.Client;
using DfsNet.Protocol.Wire;

namespace DfsNet.Cli.Bench;

/// <summary>What failover cost.</summary>
/// <param name="Runs">Leaders that were killed.</param>
/// <param name="GapP50Ms">Longest time without an acknowledgement around a kill, the median of all runs.</param>
/// <param name="GapWorstMs">The longest of all.</param>
/// <param name="Lost">Acknowledged operations whose effect is missing.</param>
/// <param name="Unexpected">Effects that no operation explains.</param>
/// <param name="Failed">Operations that ended with an error.</param>
internal sealed record FailoverFacts(
    int Runs,
    double GapP50Ms,
    double GapWorstMs,
    long Acknowledged,
    long Lost,
    long Unexpected,
    long Failed,
    double FlushesPerSecond,
    double RoundTripMs,
    IReadOnlyList<double> GapsMs);

/// <summary>
/// Many users create and rename directories, each operation once and with a name of its own, while the metadata leader is killed again and
/// again. An operation that happened twice would fail the second time; what is there at the end is compared with what was acknowledged.
/// </summary>
internal sealed class FailoverBenchmark(ChildCluster cluster, Surroundings surroundings)
{
    private const string Root = "/failover";
    private const int Users = 32;
    private const int RoundTrips = 500;

    // Between two kills the load runs undisturbed, so that every run begins alike.
    private static readonly TimeSpan Calm = TimeSpan.FromSeconds(1);

    // Behind a kill: longer than any gap that is not a failure by itself.
    private static readonly TimeSpan Watch = TimeSpan.FromSeconds(2);

    private readonly AckMeter _meter = new(surroundings.Time);

    public async Task<FailoverFacts> RunAsync(int runs, CancellationToken cancellation)
    {
        var limits = new MachineLimits(cluster.Data, surroundings.Time);
        double flushes = (await limits.FlushRateAsync(cancellation).ConfigureAwait(false)).Value;
        double roundTrip = await RoundTripMsAsync(cancellation).ConfigureAwait(false);
        await cluster.Files.CreateDirectoryAsync(Root, parents: true, cancellation).ConfigureAwait(false);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var users = Enumerable.Range(0, Users).Select(number => new User(number, cluster.Files, _meter)).ToList();
        var working = users.Select(user => Task.Run(() => user.WorkAsync(stop.Token), CancellationToken.None)).ToList();
        var gaps = new List<double>();
        for (int run = 1; run <= runs; run++)
        {
            await Task.Delay(Calm, surroundings.Time, cancellation).ConfigureAwait(false);
            double gap = await KillAsync(cancellation).ConfigureAwait(false);
            gaps.Add(Math.Round(gap, 1));
            await surroundings.Error.WriteLineAsync(
                string.Create(CultureInfo.InvariantCulture, $"kill {run}: nothing acknowledged for {gap:0} ms")).ConfigureAwait(false);
        }

        await stop.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(working).ConfigureAwait(false);
        long lost = 0;
        long unexpected = 0;
        foreach (var user in users)
        {
            var (missing, more) = await user.CompareAsync(cancellation).ConfigureAwait(false);
            lost += missing;
            unexpected += more;
        }

        double[] sorted = [.. gaps.Order()];
        return new FailoverFacts(
            runs, sorted[sorted.Length / 2], sorted[^1], _meter.Count, lost, unexpected, users.Sum(user => user.Failed), flushes, roundTrip,
            gaps);
    }

    private async Task<double> KillAsync(CancellationToken cancellation)
    {
        _meter.Begin();
        string killed = await cluster.KillLeaderAsync(cancellation).ConfigureAwait(false);
        await Task.Delay(Watch, surroundings.Time, cancellation).ConfigureAwait(false);
        await _meter.NextAsync(cancellation).ConfigureAwait(false);
        double gap = _meter.Longest.TotalMilliseconds;
        await cluster.RestartMetaServerAsync(killed, cancellation).ConfigureAwait(false);
        return gap;
    }

    private async Task<double> RoundTripMsAsync(CancellationToken cancellation)
    {
        for (int call = 0; call < RoundTrips; call++)
        {
            await cluster.Files.StatAsync("/", cancellation).ConfigureAwait(false);
        }

        long start = surroundings.Time.GetTimestamp();
        for (int call = 0; call < RoundTrips; call++)
        {
            await cluster.Files.StatAsync("/", cancellation).ConfigureAwait(false);
        }

        return surroundings.Time.GetElapsedTime(start).TotalMilliseconds / RoundTrips;
    }

    /// <summary>Works in a directory of its own, and knows what must be in it.</summary>
    private sealed class User(int number, DfsClient files, AckMeter meter)
    {
        private const int RenameEvery = 4;

        private readonly string _directory = string.Create(CultureInfo.InvariantCulture, $"{Root}/user-{number}");
        private readonly HashSet<string> _expected = new(StringComparer.Ordinal);
        private readonly HashSet<string> _uncertain = new(StringComparer.Ordinal);

        public long Failed { get; private set; }

        public async Task WorkAsync(CancellationToken stop)
        {
            await files.CreateDirectoryAsync(_directory, parents: false, CancellationToken.None).ConfigureAwait(false);
            for (int step = 0; !stop.IsCancellationRequested; step++)
            {
                string name = string.Create(CultureInfo.InvariantCulture, $"d{step}");
                bool made = await TryAsync(
                    [name], () => files.CreateDirectoryAsync($"{_directory}/{name}", parents: false, CancellationToken.None))
                    .ConfigureAwait(false);
                if (!made)
                {
                    continue;
                }

                _expected.Add(name);
                if (step % RenameEvery == 0 && await TryAsync(
                    [name, "r" + name],
                    () => files.MoveAsync($"{_directory}/{name}", $"{_directory}/r{name}", replace: false, CancellationToken.None))
                    .ConfigureAwait(false))
                {
                    _expected.Remove(name);
                    _expected.Add("r" + name);
                }
            }
        }

        public async Task<(int Missing, int More)> CompareAsync(CancellationToken cancellation)
        {
            var found = new HashSet<string>(StringComparer.Ordinal);
            await foreach (var entry in files.ListAsync(_directory, new DfsListOptions(), cancellation).ConfigureAwait(false))
            {
                found.Add(entry.Name);
            }

            return (
                _expected.Count(name => !found.Contains(name) && !_uncertain.Contains(name)),
                found.Count(name => !_expected.Contains(name) && !_uncertain.Contains(name)));
        }

        private async Task<bool> TryAsync(IReadOnlyList<string> names, Func<Task> operation)
        {
            try
            {
                await operation().ConfigureAwait(false);
                meter.Acknowledge();
                return true;
            }
            catch (DfsException)
            {
                Failed++;
                _uncertain.UnionWith(names);
                return false;
            }
        }
    }
}
