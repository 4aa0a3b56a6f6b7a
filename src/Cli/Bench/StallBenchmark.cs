using DfsNet.Cli.Drills;
using DfsNet.Cli.Servers;
using DfsNet.Client;
using DfsNet.Protocol.Wire;

namespace DfsNet.Cli.Bench;

/// <summary>What users notice of one chunk server of five that stands still, or of one disk of two that answers nothing.</summary>
/// <param name="Fault">"freeze" (SIGSTOP, of a server) or "hang" (of one disk).</param>
/// <param name="ReadGapMs">Longest read of 64 KiB since the fault began.</param>
/// <param name="WriteGapMs">Longest write of 64 KiB, with its acknowledgement.</param>
/// <param name="ElsewhereGapQuietMs">Longest read of what has no replica there, before the fault.</param>
/// <param name="ElsewhereGapMs">Longest since the fault began, which lasts twice as long.</param>
/// <param name="ReadP99QuietMs">Before the fault.</param>
/// <param name="ReadP99AfterMs">While the fault lasts, from the end of the longest read on.</param>
/// <param name="WriteP99QuietMs">Before the fault.</param>
/// <param name="WriteP99AfterMs">While the fault lasts, from the end of the longest write on.</param>
/// <param name="ElsewhereP99QuietMs">Before the fault.</param>
/// <param name="ElsewhereP99Ms">From the first moment of the fault on.</param>
internal sealed record StallFacts(
    string Fault,
    double ReadGapMs,
    double WriteGapMs,
    double ElsewhereGapQuietMs,
    double ElsewhereGapMs,
    double ReadP99QuietMs,
    double ReadP99AfterMs,
    double WriteP99QuietMs,
    double WriteP99AfterMs,
    double ElsewhereP99QuietMs,
    double ElsewhereP99Ms);

/// <summary>Strikes a chunk server, or a disk of one, that two readers and a writer use, and times each of their operations.</summary>
internal sealed class StallBenchmark(ChildCluster cluster, Surroundings surroundings)
{
    private const long ContentBytes = 512L * 1024 * 1024;

    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Fault = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan WellMax = TimeSpan.FromMinutes(5);

    private readonly DrillFile _content = new("/stall/content", 0);

    /// <summary>Freezes a server, and hangs a disk of one; each when all is well.</summary>
    public async Task<StallFacts[]> RunAsync(CancellationToken cancellation)
    {
        await cluster.Files.CreateDirectoryAsync("/stall", parents: true, cancellation).ConfigureAwait(false);
        await _content.StoreAsync(cluster.Files, ContentBytes, cancellation).ConfigureAwait(false);
        return
        [
            await MeasureAsync("freeze", DrillFault.Freeze, 1, cancellation).ConfigureAwait(false),
            await MeasureAsync("hang", DrillFault.HangDisk, 1_000, cancellation).ConfigureAwait(false),
        ];
    }

    private async Task<StallFacts> MeasureAsync(string name, DrillFault fault, int firstFile, CancellationToken cancellation)
    {
        await SayAsync($"{name}: waiting until all is well").ConfigureAwait(false);
        var watch = new DrillWatch(cluster.Files, surroundings.Time);
        if (await watch.UntilWholeAsync(surroundings.Time.GetTimestamp(), WellMax, cancellation).ConfigureAwait(false) is null)
        {
            throw new CommandFailure($"bench stall: the cluster was not well within {WellMax.TotalMinutes:0} minutes");
        }

        int number = firstFile;
        var trouble = new DrillTrouble();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var reader = new DrillReader(cluster.Files, _content, new Random(firstFile), trouble);
        var elsewhere = new DrillReader(cluster.Files, _content, new Random(firstFile + 1), trouble);
        var writer = new DrillWriter(cluster.Files, () => new DrillFile($"/stall/{++number}", number));
        await using (reader.ConfigureAwait(false))
        await using (elsewhere.ConfigureAwait(false))
        await using (writer.ConfigureAwait(false))
        {
            var users = new StallUsers(
                new OperationTimes(surroundings.Time), new OperationTimes(surroundings.Time), new OperationTimes(surroundings.Time));
            var running = Task.WhenAll(
                users.Reads.RepeatAsync(reader.ReadAsync, stop.Token),
                users.Elsewhere.RepeatAsync(elsewhere.ReadAsync, stop.Token),
                users.Writes.RepeatAsync(writer.WriteAsync, stop.Token));
            await SayAsync($"{name}: undisturbed").ConfigureAwait(false);
            await Task.Delay(WarmUp, surroundings.Time, cancellation).ConfigureAwait(false);
            users.Take();
            await Task.Delay(Quiet, surroundings.Time, cancellation).ConfigureAwait(false);
            var quiet = users.Take();
            var target = await ChooseAsync(fault, writer, cancellation).ConfigureAwait(false);
            elsewhere.Only(target.Elsewhere);
            users.Elsewhere.Take();
            await SayAsync($"{name}: {target.Address}").ConfigureAwait(false);
            using var strikes = new DrillStrikes(surroundings.Time);
            var strike = new StrikeRequest { Fault = fault, DurationMs = (uint)Fault.TotalMilliseconds, ChunkId = target.Chunk };
            await strikes.StrikeAsync(target.Address, strike, cancellation).ConfigureAwait(false);
            await Task.Delay(Fault, surroundings.Time, cancellation).ConfigureAwait(false);
            var struck = users.Take();
            await stop.CancelAsync().ConfigureAwait(false);
            await running.ConfigureAwait(false);
            var (failed, wrong, said) = trouble.Take();
            return failed + wrong == 0
                ? FactsOf(name, quiet, struck)
                : throw new CommandFailure($"bench stall: {failed} operations failed, {wrong} bytes were wrong: {string.Join("; ", said)}");
        }
    }

    private static StallFacts FactsOf(string name, StallTimes quiet, StallTimes struck) => new(
        name,
        struck.Reads.Max(),
        struck.Writes.Max(),
        quiet.Elsewhere.Max(),
        struck.Elsewhere.Max(),
        OperationTimes.P99(quiet.Reads),
        OperationTimes.P99(OperationTimes.AfterLongest(struck.Reads)),
        OperationTimes.P99(quiet.Writes),
        OperationTimes.P99(OperationTimes.AfterLongest(struck.Writes)),
        OperationTimes.P99(quiet.Elsewhere),
        OperationTimes.P99(struck.Elsewhere));

    /// <summary>A server or a disk that has what is written now, and as much as possible of what is read, but not all.</summary>
    private async Task<StallTarget> ChooseAsync(DrillFault fault, DrillWriter writer, CancellationToken cancellation)
    {
        var read = await cluster.Files.LocateAsync(_content.Path, cancellation).ConfigureAwait(false);
        var written = writer.File is { } file ? await cluster.Files.LocateAsync(file.Path, cancellation).ConfigureAwait(false) : null;
        var use = written is { Chunks.Count: > 0 } ? written.Chunks[^1] : read.Chunks[0];
        return use.Replicas
            .Select(replica => TargetOf(replica, fault == DrillFault.Freeze ? 0 : use.ChunkId, read))
            .Where(target => target.Elsewhere.Count > 0)
            .MinBy(target => target.Elsewhere.Count)
            ?? throw new CommandFailure("bench stall: each server has a replica of everything");
    }

    private static StallTarget TargetOf(DfsReplica replica, ulong chunk, DfsFileLayout read)
    {
        var there = read.Chunks
            .Where(held => held.Replicas.Any(one => one.Address == replica.Address && (chunk == 0 || one.VolumeId == replica.VolumeId)))
            .Select(held => held.ChunkId).ToHashSet();
        var elsewhere = read.Slices.Where(slice => !there.Contains(slice.ChunkId)).SelectMany(OffsetsIn);
        return new StallTarget(replica.Address, chunk, [.. elsewhere]);
    }

    /// <summary>Where reads begin that lie in the slice as a whole.</summary>
    private static IEnumerable<long> OffsetsIn(DfsSlice slice)
    {
        long first = (slice.FileOffset + DrillReader.ReadBytes - 1) / DrillReader.ReadBytes * DrillReader.ReadBytes;
        for (long at = first; at + DrillReader.ReadBytes <= slice.FileOffset + slice.Length; at += DrillReader.ReadBytes)
        {
            yield return at;
        }
    }

    private Task SayAsync(string what) => surroundings.Error.WriteLineAsync($"bench stall: {what}");

    /// <summary>What is struck, and where in the content is nothing of it.</summary>
    /// <param name="Address">The server.</param>
    /// <param name="Chunk">The disk that has this chunk is meant; 0: the whole server.</param>
    /// <param name="Elsewhere">Offsets of reads.</param>
    private sealed record StallTarget(string Address, ulong Chunk, IReadOnlyList<long> Elsewhere);

    /// <summary>Those who use the cluster.</summary>
    private sealed record StallUsers(OperationTimes Reads, OperationTimes Elsewhere, OperationTimes Writes)
    {
        public StallTimes Take() => new(Reads.Take(), Elsewhere.Take(), Writes.Take());
    }

    /// <summary>What they measured.</summary>
    private sealed record StallTimes(IReadOnlyList<double> Reads, IReadOnlyList<double> Elsewhere, IReadOnlyList<double> Writes);
}
