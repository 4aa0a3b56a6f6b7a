using DfsNet.Client;

namespace DfsNet.Cli.Bench;

/// <summary>
/// What a benchmark works with: a client, a scratch directory in the file system, a clock, and the processor time of all processes.
/// </summary>
/// <param name="Client">Connected to the cluster under test.</param>
/// <param name="Directory">An empty directory of the file system; removed afterwards.</param>
/// <param name="Time">The clock.</param>
/// <param name="Random">For content.</param>
/// <param name="ProcessorTime">Processor time used so far by this process and every server; null where the servers are not ours.</param>
/// <param name="SizeBytes">Length of the large file.</param>
/// <param name="Files">Number of small files.</param>
internal sealed record BenchContext(
    DfsClient Client, string Directory, TimeProvider Time, Random Random, Func<TimeSpan>? ProcessorTime, long SizeBytes, int Files)
{
    public TimeSpan ProcessorTimeNow() => ProcessorTime is null ? TimeSpan.Zero : ProcessorTime();

    /// <summary>Core-seconds for each GiB since <paramref name="start"/>; null where the servers are not ours.</summary>
    public double? CoreSecondsPerGiB(TimeSpan start, long bytes) =>
        ProcessorTime is null ? null : (ProcessorTime() - start).TotalSeconds / (bytes / (1024.0 * 1024 * 1024));
}
