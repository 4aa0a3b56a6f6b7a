using DfsNet.Client;

namespace DfsNet.Cli.Bench;

/// <summary>Throughput of one large file: put with durable acknowledgement, get into a discarded buffer.</summary>
internal sealed class BulkBenchmark(BenchContext context)
{
    private const double Mebibyte = 1024 * 1024;

    // Brings code, buffers, connections and page cache to their working state before anything is counted.
    private const long WarmUpBytes = 256L * 1024 * 1024;

    public async Task<IReadOnlyList<Measurement>> RunAsync(CancellationToken cancellation)
    {
        string path = $"{context.Directory}/bulk";
        await PutAsync($"{context.Directory}/warm-up", Math.Min(WarmUpBytes, context.SizeBytes), cancellation).ConfigureAwait(false);
        var put = await PutAsync(path, context.SizeBytes, cancellation).ConfigureAwait(false);
        // The first read fills the servers' page cache where the write did not; the second counts.
        await GetAsync(path, cancellation).ConfigureAwait(false);
        var get = await GetAsync(path, cancellation).ConfigureAwait(false);
        return [put, get];
    }

    private async Task<Measurement> PutAsync(string path, long length, CancellationToken cancellation)
    {
        using var content = new PatternStream(length, context.Random);
        var cpu = context.ProcessorTimeNow();
        long allocated = GC.GetTotalAllocatedBytes();
        long start = context.Time.GetTimestamp();
        await context.Client.PutAsync(path, content, new DfsPutOptions { Overwrite = true }, null, cancellation).ConfigureAwait(false);
        return Figure($"put {Size(length)}", length, start, cpu, allocated);
    }

    private async Task<Measurement> GetAsync(string path, CancellationToken cancellation)
    {
        var cpu = context.ProcessorTimeNow();
        long allocated = GC.GetTotalAllocatedBytes();
        long start = context.Time.GetTimestamp();
        var file = await context.Client.GetAsync(path, Stream.Null, null, cancellation).ConfigureAwait(false);
        return Figure($"get {Size(file.Length)}, discarded", file.Length, start, cpu, allocated);
    }

    private Measurement Figure(string name, long bytes, long start, TimeSpan cpu, long allocated)
    {
        double seconds = context.Time.GetElapsedTime(start).TotalSeconds;
        double garbage = (GC.GetTotalAllocatedBytes() - allocated) / 1000.0 / (bytes / Mebibyte);
        return new Measurement(
            name, bytes / Mebibyte / seconds, "MiB/s", context.CoreSecondsPerGiB(cpu, bytes),
            $"{garbage:0.0} kB allocated per MiB in this process");
    }

    private static string Size(long bytes) => bytes % (1L << 30) == 0 ? $"{bytes >> 30} GiB" : $"{bytes >> 20} MiB";
}
