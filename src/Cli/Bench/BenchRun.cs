using DfsNet.Client;
using DfsNet.Protocol.Wire;

namespace DfsNet.Cli.Bench;

/// <summary>One run of the whole table.</summary>
internal sealed class BenchRun(BenchContext context, string localDirectory, Func<Action>? armKill, Func<string, Task> say)
{
    public async Task<IReadOnlyList<Measurement>> RunAsync(CancellationToken cancellation)
    {
        var figures = new List<Measurement>();
        await say("measuring the machine itself").ConfigureAwait(false);
        figures.AddRange(await new MachineLimits(localDirectory, context.Time).MeasureAsync(cancellation).ConfigureAwait(false));
        figures.Add(await RoundTripsAsync(cancellation).ConfigureAwait(false));
        await context.Client.CreateDirectoryAsync(context.Directory, parents: true, cancellation).ConfigureAwait(false);
        try
        {
            await say("small files").ConfigureAwait(false);
            figures.AddRange(await new SmallFileBenchmark(context).RunAsync(cancellation).ConfigureAwait(false));
            await say("one large file").ConfigureAwait(false);
            figures.AddRange(await new BulkBenchmark(context).RunAsync(cancellation).ConfigureAwait(false));
            if (armKill is not null)
            {
                await say("killing a chunk server under a read and another under a write").ConfigureAwait(false);
                figures.AddRange(await new KillBenchmark(context, armKill).RunAsync(cancellation).ConfigureAwait(false));
            }
        }
        finally
        {
            await RemoveAsync().ConfigureAwait(false);
        }

        return figures;
    }

    private async Task<Measurement> RoundTripsAsync(CancellationToken cancellation)
    {
        const int calls = 2_000;
        for (int call = 0; call < calls / 4; call++)
        {
            await context.Client.StatAsync("/", cancellation).ConfigureAwait(false);
        }

        long start = context.Time.GetTimestamp();
        for (int call = 0; call < calls; call++)
        {
            await context.Client.StatAsync("/", cancellation).ConfigureAwait(false);
        }

        return new Measurement(
            "round trip to the metadata server, one after the other", calls / context.Time.GetElapsedTime(start).TotalSeconds, "/s");
    }

    private async Task RemoveAsync()
    {
        try
        {
            await context.Client.DeleteDirectoryAsync(context.Directory, recursive: true, CancellationToken.None).ConfigureAwait(false);
        }
        catch (DfsException error) when (error.Code is ErrorCode.NotFound or ErrorCode.Unavailable or ErrorCode.TimedOut)
        {
            await say($"{context.Directory} was left behind: {error.Message}").ConfigureAwait(false);
        }
    }
}
