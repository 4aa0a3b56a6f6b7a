using DfsNet.Cli.Servers;
using DfsNet.Client;
using DfsNet.Protocol.Wire;

namespace DfsNet.Cli.Bench;

/// <summary>What it took to get redundancy back after a chunk server was killed.</summary>
/// <param name="LostBytes">Copies that were on the killed server.</param>
/// <param name="DetectSeconds">From the kill until the server counted as dead.</param>
/// <param name="BeginSeconds">From the end of the grace until the first copy was under way.</param>
/// <param name="HealSeconds">From the first copy until nothing was missing.</param>
/// <param name="HealMiBPerSecond">Bytes of copies over that time.</param>
/// <param name="MachineMiBPerSecond">Files of 64 MiB copied and flushed, one after the other, from a warm source, in the same run.</param>
/// <param name="ReadP99QuietMs">Reads of 64 KiB at random places by one reader, before the kill.</param>
/// <param name="ReadP99HealingMs">The same while copies were made.</param>
/// <param name="HealBesideReaderMiBPerSecond">Bytes of copies over that time.</param>
internal sealed record RepairBenchFacts(
    long LostBytes,
    double DetectSeconds,
    double BeginSeconds,
    double HealSeconds,
    double HealMiBPerSecond,
    double MachineMiBPerSecond,
    double ReadP99QuietMs,
    double ReadP99HealingMs,
    double HealBesideReaderMiBPerSecond)
{
    public double ShareOfMachine => HealMiBPerSecond / MachineMiBPerSecond;
}

/// <summary>
/// Fills five chunk servers, kills one, and watches the others make up for it; first with nobody else there, then, after a second kill,
/// with a reader whose reads are timed.
/// </summary>
internal sealed class RepairBenchmark(ChildCluster cluster, TimeSpan grace, Surroundings surroundings)
{
    private const string Path = "/repair";
    private const int Mebibyte = 1024 * 1024;
    private const int ReadLength = 64 * 1024;

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(5);

    public async Task<RepairBenchFacts> RunAsync(long size, CancellationToken cancellation)
    {
        await SayAsync("storing").ConfigureAwait(false);
        using (var content = new PatternStream(size, new Random(1)))
        {
            await cluster.Files.PutAsync(Path, content, cancellation: cancellation).ConfigureAwait(false);
        }

        var limits = new MachineLimits(cluster.Data, surroundings.Time);
        double machine = await limits.FileCopyRateAsync(size, cancellation).ConfigureAwait(false);
        await SayAsync("killing a chunk server, nobody reads").ConfigureAwait(false);
        var alone = await KillAndWatchAsync(cancellation).ConfigureAwait(false);
        using var reader = new RandomReader(cluster.Files, Path, ReadLength, surroundings.Time);
        await SayAsync("killing another one under a reader").ConfigureAwait(false);
        double quiet = await reader.MeasureAsync(() => Task.Delay(Quiet, surroundings.Time, cancellation), cancellation)
            .ConfigureAwait(false);
        var (healing, rate) = await HealUnderAsync(reader, cancellation).ConfigureAwait(false);
        return alone with
        {
            MachineMiBPerSecond = machine,
            ReadP99QuietMs = quiet,
            ReadP99HealingMs = healing,
            HealBesideReaderMiBPerSecond = rate,
        };
    }

    private async Task<RepairBenchFacts> KillAndWatchAsync(CancellationToken cancellation)
    {
        var before = await cluster.Files.GetStatusAsync(cancellation).ConfigureAwait(false);
        int dead = Dead(before);
        long killed = surroundings.Time.GetTimestamp();
        cluster.Kill("");
        await UntilAsync(now => Dead(now) > dead, cancellation).ConfigureAwait(false);
        var detect = surroundings.Time.GetElapsedTime(killed);
        await UntilAsync(now => now.Repair.Running > 0 || now.Repair.Copies > before.Repair.Copies, cancellation).ConfigureAwait(false);
        long began = surroundings.Time.GetTimestamp();
        var begin = surroundings.Time.GetElapsedTime(killed) - detect - grace;
        var healed = await UntilAsync(IsHealed, cancellation).ConfigureAwait(false);
        double heal = surroundings.Time.GetElapsedTime(began).TotalSeconds;
        long lost = (long)(healed.Repair.CopiedBytes - before.Repair.CopiedBytes);
        return new RepairBenchFacts(
            lost, detect.TotalSeconds, Math.Max(0, begin.TotalSeconds), heal, lost / (double)Mebibyte / heal, 0, 0, 0, 0);
    }

    private async Task<(double ReadP99Ms, double MiBPerSecond)> HealUnderAsync(RandomReader reader, CancellationToken cancellation)
    {
        var before = await cluster.Files.GetStatusAsync(cancellation).ConfigureAwait(false);
        int dead = Dead(before);
        cluster.Kill("");
        await UntilAsync(now => Dead(now) > dead && now.Repair.Running > 0, cancellation).ConfigureAwait(false);
        long began = surroundings.Time.GetTimestamp();
        var healed = before;
        double p99 = await reader.MeasureAsync(
            async () => healed = await UntilAsync(IsHealed, cancellation).ConfigureAwait(false), cancellation).ConfigureAwait(false);
        double bytes = healed.Repair.CopiedBytes - before.Repair.CopiedBytes;
        return (p99, bytes / Mebibyte / surroundings.Time.GetElapsedTime(began).TotalSeconds);
    }

    // The count of what is missing may be a second old: nothing waits, and nothing is under way, either.
    private static bool IsHealed(GetStatusReply now) => now.Repair is { MissingBytes: 0, Running: 0, Queued: 0 };

    private static int Dead(GetStatusReply status) => status.Servers.Count(server => server.State == ServerState.Dead);

    private async Task<GetStatusReply> UntilAsync(Predicate<GetStatusReply> isTrue, CancellationToken cancellation)
    {
        while (true)
        {
            var status = await cluster.Files.GetStatusAsync(cancellation).ConfigureAwait(false);
            if (isTrue(status))
            {
                return status;
            }

            await Task.Delay(Look, surroundings.Time, cancellation).ConfigureAwait(false);
        }
    }

    private Task SayAsync(string what) => surroundings.Error.WriteLineAsync($"bench repair: {what}");

    /// <summary>Reads at random places of a file, one after the other, and times each.</summary>
    private sealed class RandomReader(DfsClient files, string path, int length, TimeProvider time) : IDisposable
    {
        private readonly Random _random = new(7);
        private readonly byte[] _buffer = new byte[length];
        private DfsFileStream? _stream;

        /// <summary>The 99th percentile, in milliseconds, of the reads while <paramref name="work"/> goes on.</summary>
        public async Task<double> MeasureAsync(Func<Task> work, CancellationToken cancellation)
        {
            _stream ??= await files.OpenReadAsync(path, cancellation).ConfigureAwait(false);
            var times = new List<double>();
            var working = work();
            while (!working.IsCompleted)
            {
                _stream.Position = _random.NextInt64((_stream.Length - length) / length) * length;
                long began = time.GetTimestamp();
                await _stream.ReadExactlyAsync(_buffer, cancellation).ConfigureAwait(false);
                times.Add(time.GetElapsedTime(began).TotalMilliseconds);
            }

            await working.ConfigureAwait(false);
            times.Sort();
            return times.Count == 0 ? 0 : times[(int)(times.Count * 0.99)];
        }

        public void Dispose() => _stream?.Dispose();
    }
}
