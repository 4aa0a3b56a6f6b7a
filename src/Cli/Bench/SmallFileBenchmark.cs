namespace DfsNet.Cli.Bench;

/// <summary>Rates of names and small files: durable creation, reading, stat, listing.</summary>
internal sealed class SmallFileBenchmark(BenchContext context)
{
    private const int FileBytes = 4096;
    private const int DataCallsInFlight = 16;
    private const int StatCallsInFlight = 64;

    // The first calls compile code and open connections; they are made, and not counted.
    private const int WarmUpFiles = 500;

    // One after the other: what a single caller waits for.
    private const int IdleWrites = 3_000;

    public async Task<IReadOnlyList<Measurement>> RunAsync(CancellationToken cancellation)
    {
        byte[] content = new byte[FileBytes];
        context.Random.NextBytes(content);
        string directory = $"{context.Directory}/small";
        await context.Client.CreateDirectoryAsync(directory, parents: true, cancellation).ConfigureAwait(false);
        await CreateAsync($"{directory}/warm", content, WarmUpFiles, cancellation).ConfigureAwait(false);
        await ReadAsync($"{directory}/warm", WarmUpFiles, cancellation).ConfigureAwait(false);
        await StatAsync($"{directory}/warm", WarmUpFiles, WarmUpFiles, cancellation).ConfigureAwait(false);
        await MakeAsync($"{directory}/warm-d", StatCallsInFlight, WarmUpFiles, cancellation).ConfigureAwait(false);
        double alone = await MakeAsync($"{directory}/one", 1, IdleWrites, cancellation).ConfigureAwait(false);
        double made = await MakeAsync($"{directory}/d", StatCallsInFlight, context.Files * 2, cancellation).ConfigureAwait(false);
        double created = await CreateAsync($"{directory}/f", content, context.Files, cancellation).ConfigureAwait(false);
        double read = await ReadAsync($"{directory}/f", context.Files, cancellation).ConfigureAwait(false);
        double stat = await StatAsync($"{directory}/f", context.Files, context.Files * 4, cancellation).ConfigureAwait(false);
        double listed = await ListAsync(directory, cancellation).ConfigureAwait(false);
        return
        [
            new("create a directory in an idle cluster, durable", 1_000 / alone, "ms"),
            new($"create directories, {StatCallsInFlight} in flight, durable", made, "/s"),
            new($"create 4 KiB files, {DataCallsInFlight} in flight, durable", created, "/s"),
            new($"read 4 KiB files, {DataCallsInFlight} in flight", read, "/s"),
            new($"stat, {StatCallsInFlight} in flight", stat, "/s"),
            new("list with attributes", listed, "entries/s"),
        ];
    }

    private Task<double> MakeAsync(string prefix, int inFlight, int count, CancellationToken cancellation) => RateAsync(
        count, inFlight, (index, token) => context.Client.CreateDirectoryAsync($"{prefix}{index:d6}", parents: false, token), cancellation);

    private Task<double> CreateAsync(string prefix, byte[] content, int count, CancellationToken cancellation) =>
        RateAsync(
            count, DataCallsInFlight, (index, token) => context.Client.PutAsync($"{prefix}{index:d6}", content, null, token), cancellation);

    private Task<double> ReadAsync(string prefix, int count, CancellationToken cancellation) =>
        RateAsync(
            count,
            DataCallsInFlight,
            (index, token) => context.Client.GetAsync($"{prefix}{index:d6}", Stream.Null, null, token),
            cancellation);

    private Task<double> StatAsync(string prefix, int distinct, int count, CancellationToken cancellation) =>
        RateAsync(
            count, StatCallsInFlight, (index, token) => context.Client.StatAsync($"{prefix}{index % distinct:d6}", token), cancellation);

    private async Task<double> ListAsync(string directory, CancellationToken cancellation)
    {
        // Small runs list the directory several times, so that the figure is about entries and not about the first page.
        const int entriesMin = 100_000;
        long entries = 0;
        long start = context.Time.GetTimestamp();
        while (entries < entriesMin)
        {
            await foreach (var entry in context.Client.ListAsync(directory, null, cancellation).ConfigureAwait(false))
            {
                _ = entry;
                entries++;
            }
        }

        return entries / context.Time.GetElapsedTime(start).TotalSeconds;
    }

    private async Task<double> RateAsync(int count, int inFlight, Func<int, CancellationToken, Task> call, CancellationToken cancellation)
    {
        int next = -1;
        long start = context.Time.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, inFlight).Select(_ => Task.Run(LoopAsync, cancellation))).ConfigureAwait(false);
        return count / context.Time.GetElapsedTime(start).TotalSeconds;

        async Task LoopAsync()
        {
            for (int index; (index = Interlocked.Increment(ref next)) < count;)
            {
                await call(index, cancellation).ConfigureAwait(false);
            }
        }
    }
}
