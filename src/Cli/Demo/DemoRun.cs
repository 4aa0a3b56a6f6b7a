using System.Globalization;
using DfsNet.Cli.Local;
using DfsNet.Cli.Output;
using DfsNet.Cli.Servers;
using DfsNet.Client;

namespace DfsNet.Cli.Demo;

/// <summary>
/// The main job before your eyes: store a file, lose a chunk server while it is read, another while it is written again, and the metadata
/// leader while it is written a third time; read everything back.
/// </summary>
internal sealed class DemoRun(ChildCluster cluster, DemoSteps steps, Surroundings surroundings)
{
    private const string First = "/demo/first";
    private const string Second = "/demo/second";
    private const string Third = "/demo/third";
    private const int PutAttemptsMax = 3;

    public async Task<DemoFacts> RunAsync(string? file, long size, CancellationToken cancellation)
    {
        var content = await PrepareAsync(file, size, cancellation).ConfigureAwait(false);
        await cluster.Files.CreateDirectoryAsync("/demo", parents: true, cancellation).ConfigureAwait(false);

        var (put, layout) = await PutFirstAsync(content, cancellation).ConfigureAwait(false);
        await ShowPlacesAsync(layout).ConfigureAwait(false);

        var readGap = await ReadWhileKillingAsync(content, cancellation).ConfigureAwait(false);
        var writeGap = await WriteWhileKillingAsync(content, cancellation).ConfigureAwait(false);
        var leaderGap = await WriteWhileKillingLeaderAsync(content, cancellation).ConfigureAwait(false);

        var get = await steps.RunAsync("get first, 2 left", content.Length, async progress =>
            (null, await ReadsEqualAsync(content, First, progress, cancellation).ConfigureAwait(false))).ConfigureAwait(false);
        await steps.RunAsync("get second, 2 left", content.Length, async progress =>
            (null, await ReadsEqualAsync(content, Second, progress, cancellation).ConfigureAwait(false))).ConfigureAwait(false);
        await steps.RunAsync("get third, 2 left", content.Length, async progress =>
            (null, await ReadsEqualAsync(content, Third, progress, cancellation).ConfigureAwait(false))).ConfigureAwait(false);

        return new DemoFacts(
            steps.EverythingMatched,
            content.Length,
            content.Sha256,
            MiBPerSecond(put),
            MiBPerSecond(get),
            Math.Round(readGap.TotalSeconds, 3),
            Math.Round(writeGap.TotalSeconds, 3),
            Math.Round(leaderGap.TotalSeconds, 3),
            layout.Chunks.Min(chunk => chunk.Replicas.Count),
            await RemainingReplicasAsync(cancellation).ConfigureAwait(false));
    }

    private async Task<DemoContent> PrepareAsync(string? file, long size, CancellationToken cancellation)
    {
        if (file is not null)
        {
            return await DemoContent.OfFileAsync(file, cancellation).ConfigureAwait(false);
        }

        DemoContent? made = null;
        await steps.RunAsync("generate a file", size, async progress =>
        {
            made = await DemoContent.GenerateAsync(Path.Combine(cluster.Data, "content"), size, surroundings.Random, progress, cancellation)
                .ConfigureAwait(false);
            return (null, null);
        }).ConfigureAwait(false);
        return made!;
    }

    private async Task<(DemoStep Step, DfsFileLayout Layout)> PutFirstAsync(DemoContent content, CancellationToken cancellation)
    {
        for (int attempt = 1; ; attempt++)
        {
            var step = await steps.RunAsync("put", content.Length, async progress =>
            {
                await PutAsync(content, First, progress, cancellation).ConfigureAwait(false);
                return (null, null);
            }).ConfigureAwait(false);
            var layout = await cluster.Files.LocateAsync(First, cancellation).ConfigureAwait(false);
            if (attempt == PutAttemptsMax || layout.Chunks.All(chunk => chunk.Replicas.Count >= chunk.Replication))
            {
                return (step, layout);
            }

            // On an overloaded machine a server that stalls for seconds is left out of new chunks. Two kills could then take every copy.
            await steps.SayAsync("  a server was too slow to take part, so some chunks have fewer replicas: storing the file again")
                .ConfigureAwait(false);
        }
    }

    private async Task PutAsync(DemoContent content, string path, IProgress<long> progress, CancellationToken cancellation)
    {
        var source = LocalFiles.OpenRead(content.Path);
        await using (source.ConfigureAwait(false))
        {
            var options = new DfsPutOptions { Overwrite = true };
            await cluster.Files.PutAsync(path, source, options, progress, cancellation).ConfigureAwait(false);
        }
    }

    private async Task<bool?> ReadsEqualAsync(DemoContent content, string path, IProgress<long> progress, CancellationToken cancellation)
    {
        var sink = new HashingSink();
        await using (sink.ConfigureAwait(false))
        {
            await cluster.Files.GetAsync(path, sink, progress, cancellation).ConfigureAwait(false);
            return sink.Length == content.Length && sink.Sha256() == content.Sha256;
        }
    }

    private async Task ShowPlacesAsync(DfsFileLayout layout)
    {
        await steps.SayAsync($"{First} lies in {Quantities.Count(layout.Chunks.Count, "chunk")}:").ConfigureAwait(false);
        foreach (var chunk in layout.Chunks)
        {
            string id = chunk.ChunkId.ToString("x", CultureInfo.InvariantCulture);
            var places = chunk.Replicas.Select(replica => replica.Domain).Order(StringComparer.Ordinal);
            await steps.SayAsync($"  chunk {id,-4} {Quantities.Bytes(chunk.Length),9}  on {string.Join(", ", places)}")
                .ConfigureAwait(false);
        }
    }

    private async Task<TimeSpan> ReadWhileKillingAsync(DemoContent content, CancellationToken cancellation)
    {
        string killed = "";
        var step = await steps.RunAsync("get, server killed", content.Length, async progress =>
        {
            var before = cluster.ProcessorTimes();
            var meter = new GapMeter(surroundings.Time, content.Length / 2, () => killed = cluster.KillBusiest(before), progress);
            bool? equal = await ReadsEqualAsync(content, First, meter, cancellation).ConfigureAwait(false);
            return (meter.Longest, equal);
        }).ConfigureAwait(false);
        await steps.SayAsync($"  killed {killed} (kill -9) in the middle of the read").ConfigureAwait(false);
        return step.Gap ?? TimeSpan.Zero;
    }

    private async Task<TimeSpan> WriteWhileKillingAsync(DemoContent content, CancellationToken cancellation)
    {
        string killed = "";
        var step = await steps.RunAsync("put, server killed", content.Length, async progress =>
        {
            var before = cluster.ProcessorTimes();
            var meter = new GapMeter(surroundings.Time, content.Length / 2, () => killed = cluster.KillBusiest(before), progress);
            await PutAsync(content, Second, meter, cancellation).ConfigureAwait(false);
            return (meter.Longest, null);
        }).ConfigureAwait(false);
        await steps.SayAsync($"  killed {killed} (kill -9) in the middle of the write").ConfigureAwait(false);
        return step.Gap ?? TimeSpan.Zero;
    }

    private async Task<TimeSpan> WriteWhileKillingLeaderAsync(DemoContent content, CancellationToken cancellation)
    {
        Task<string>? killing = null;
        var step = await steps.RunAsync("put, leader killed", content.Length, async progress =>
        {
            var meter = new GapMeter(
                surroundings.Time, content.Length / 2, () => killing = cluster.KillLeaderAsync(cancellation), progress);
            await PutAsync(content, Third, meter, cancellation).ConfigureAwait(false);
            return (meter.Longest, null);
        }).ConfigureAwait(false);
        string killed = killing is null ? "" : await killing.ConfigureAwait(false);
        await steps.SayAsync($"  killed the metadata leader at {killed} (kill -9) in the middle of the write").ConfigureAwait(false);
        return step.Gap ?? TimeSpan.Zero;
    }

    /// <summary>Good replicas of the chunk that has fewest, on servers that still run.</summary>
    private async Task<int> RemainingReplicasAsync(CancellationToken cancellation)
    {
        int fewest = int.MaxValue;
        foreach (string path in new[] { First, Second, Third })
        {
            var layout = await cluster.Files.LocateAsync(path, cancellation).ConfigureAwait(false);
            fewest = layout.Chunks
                .Select(chunk => chunk.Replicas.Count(replica => cluster.ChunkServers.ContainsKey(replica.Address)))
                .Append(fewest)
                .Min();
        }

        return fewest;
    }

    private static double MiBPerSecond(DemoStep step) => Math.Round(step.Bytes / 1048576.0 / Math.Max(step.Time.TotalSeconds, 1e-6), 1);
}
