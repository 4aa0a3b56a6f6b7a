using DfsNet.Cli.Demo;

namespace DfsNet.Cli.Bench;

/// <summary>The longest pause that an application sees when a chunk server is killed under its read and under its write.</summary>
/// <param name="arm">Called when a transfer begins; what it returns kills (SIGKILL) the chunk server that worked most for it since.</param>
internal sealed class KillBenchmark(BenchContext context, Func<Action> arm)
{
    public async Task<IReadOnlyList<Measurement>> RunAsync(CancellationToken cancellation)
    {
        string path = $"{context.Directory}/read-under-kill";
        using (var content = new PatternStream(context.SizeBytes, context.Random))
        {
            await context.Client.PutAsync(path, content, null, null, cancellation).ConfigureAwait(false);
        }

        var read = Meter(arm());
        await context.Client.GetAsync(path, Stream.Null, read, cancellation).ConfigureAwait(false);

        var write = Meter(arm());
        using var second = new PatternStream(context.SizeBytes, context.Random);
        await context.Client.PutAsync($"{context.Directory}/write-under-kill", second, null, write, cancellation).ConfigureAwait(false);
        return
        [
            new("kill -9 under a read: longest gap", read.Longest.TotalMilliseconds, "ms"),
            new("kill -9 under a write: longest gap", write.Longest.TotalMilliseconds, "ms"),
        ];
    }

    private GapMeter Meter(Action action) => new(context.Time, context.SizeBytes / 2, action, new Progress<long>());
}
