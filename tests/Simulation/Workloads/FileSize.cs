namespace DfsNet.Simulation.Workloads;

/// <summary>How long files are: mostly short; now and then around the end of a block or a chunk, or several chunks.</summary>
internal static class FileSize
{
    private const int BlockSize = 64 * 1024;
    private const int LargestMax = 220 * 1024;

    // Chunks may be much larger than a run has bytes for.
    private const int EdgeMax = 256 * 1024;

    public static int Draw(Random random, int chunkSize) => random.Next(40) switch
    {
        < 4 => 0,
        < 20 => random.Next(1, 300),
        < 34 => random.Next(1, 12_000),
        < 36 => BlockSize + random.Next(-2, 3),
        36 when chunkSize <= EdgeMax => chunkSize + random.Next(-2, 3),
        37 => random.Next(BlockSize, LargestMax),
        _ => random.Next(1, BlockSize),
    };
}
