using System.Globalization;
using DfsNet.Cli.Connections;
using DfsNet.Cli.Output;
using DfsNet.Client;

namespace DfsNet.Cli.Drills;

/// <summary>What is drilled, and how.</summary>
internal sealed record DrillPlan(IReadOnlyList<IDrill> Drills, long Size, DrillBounds Bounds);

/// <summary>Runs drills one after the other on a running cluster, in a directory of their own, which goes at the end.</summary>
internal sealed class DrillRun(IReadOnlyList<string> metaAddresses, DrillPlan plan, Surroundings surroundings)
{
    private const int ContentNumber = 0;
    private const int RemoveAttemptsMax = 5;

    // The scratch content is stored by a session of its own: its end seals the chunks.
    private static readonly TimeSpan SealedMax = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan RemovePause = TimeSpan.FromMilliseconds(500);

    /// <summary>Only looks whether all of them would be allowed.</summary>
    /// <exception cref="CommandFailure">Why not.</exception>
    public async Task CheckAsync(CancellationToken cancellation)
    {
        var files = await ConnectAsync(cancellation).ConfigureAwait(false);
        await using (files.ConfigureAwait(false))
        {
            using var nodes = new MetaNodes(metaAddresses, surroundings.Time);
            using var strikes = new DrillStrikes(surroundings.Time);
            await RequireAsync(new DrillGuard(files, nodes, strikes), cancellation).ConfigureAwait(false);
        }
    }

    /// <exception cref="CommandFailure">The cluster is not well; nothing was struck, or nothing more.</exception>
    public async Task<IReadOnlyList<DrillScore>> RunAsync(Func<DrillScore, Task> show, CancellationToken cancellation)
    {
        var files = await ConnectAsync(cancellation).ConfigureAwait(false);
        await using (files.ConfigureAwait(false))
        {
            using var nodes = new MetaNodes(metaAddresses, surroundings.Time);
            using var strikes = new DrillStrikes(surroundings.Time);
            var guard = new DrillGuard(files, nodes, strikes);
            await RequireAsync(guard, cancellation).ConfigureAwait(false);
            string directory = string.Create(CultureInfo.InvariantCulture, $"/dfs-drill-{surroundings.Random.NextInt64():x16}");
            await files.CreateDirectoryAsync(directory, parents: false, cancellation).ConfigureAwait(false);
            try
            {
                await SayAsync($"storing {Quantities.Bytes(plan.Size)} in {directory}").ConfigureAwait(false);
                var content = await StoreContentAsync(files, $"{directory}/content", cancellation).ConfigureAwait(false);
                var load = new DrillLoad(files, content, directory, surroundings.Time);
                await using (load.ConfigureAwait(false))
                {
                    load.Start();
                    var watch = new DrillWatch(files, surroundings.Time);
                    return await RunAsync(
                        new DrillStage(files, nodes, strikes, load, watch, guard, plan.Bounds, surroundings.Time), show, cancellation)
                        .ConfigureAwait(false);
                }
            }
            finally
            {
                await RemoveAsync(files, directory).ConfigureAwait(false);
            }
        }
    }

    private async Task<IReadOnlyList<DrillScore>> RunAsync(DrillStage stage, Func<DrillScore, Task> show, CancellationToken cancellation)
    {
        var scores = new List<DrillScore>();
        foreach (var drill in plan.Drills)
        {
            await SayAsync($"{drill.Name}: {drill.What}").ConfigureAwait(false);
            // What the load has just opened may lack a replica for a moment.
            await stage.Watch.UntilWholeAsync(stage.Time.GetTimestamp(), SealedMax, cancellation).ConfigureAwait(false);
            await stage.Guard.RequireWellAsync(cancellation).ConfigureAwait(false);
            var score = await drill.RunAsync(stage, cancellation).ConfigureAwait(false);
            scores.Add(score);
            await show(score).ConfigureAwait(false);
        }

        return scores;
    }

    private async Task RequireAsync(DrillGuard guard, CancellationToken cancellation)
    {
        await guard.RequireWellAsync(cancellation).ConfigureAwait(false);
        if (plan.Drills.Any(drill => drill is LeaderDrill))
        {
            await guard.RequireLeaderAsync(cancellation).ConfigureAwait(false);
        }
    }

    private async Task<DrillFile> StoreContentAsync(DfsClient files, string path, CancellationToken cancellation)
    {
        var content = new DrillFile(path, ContentNumber);
        var writer = await ConnectAsync(cancellation).ConfigureAwait(false);
        await using (writer.ConfigureAwait(false))
        {
            await content.StoreAsync(writer, plan.Size, cancellation).ConfigureAwait(false);
        }

        long began = surroundings.Time.GetTimestamp();
        while (!(await files.LocateAsync(path, cancellation).ConfigureAwait(false)).Chunks.All(chunk => chunk.Sealed))
        {
            if (surroundings.Time.GetElapsedTime(began) > SealedMax)
            {
                throw new CommandFailure($"nothing is struck: {path} was stored, and its chunks are not sealed");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(200), surroundings.Time, cancellation).ConfigureAwait(false);
        }

        return content;
    }

    /// <summary>Again when it fails: what the load was about to make when it was stopped may come into being later.</summary>
    private async Task RemoveAsync(DfsClient files, string directory)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                await files.DeleteDirectoryAsync(directory, recursive: true, CancellationToken.None).ConfigureAwait(false);
                return;
            }
            catch (DfsException error)
            {
                if (attempt == RemoveAttemptsMax)
                {
                    await SayAsync($"{directory} could not be removed ({error.Message}): 'dfs rm -r {directory}' does it later")
                        .ConfigureAwait(false);
                    return;
                }
            }

            await Task.Delay(RemovePause, surroundings.Time, CancellationToken.None).ConfigureAwait(false);
        }
    }

    private Task<DfsClient> ConnectAsync(CancellationToken cancellation) => DfsClient.ConnectAsync(
        new DfsClientOptions { MetadataAddresses = [.. metaAddresses], ClientName = "dfs drill" }, cancellation);

    private Task SayAsync(string line) => surroundings.Error.WriteLineAsync($"dfs drill: {line}");
}
