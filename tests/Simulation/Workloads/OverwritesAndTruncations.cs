namespace DfsNet.Simulation.Workloads;

/// <summary>
/// Every user changes a file of its own through a stream, anywhere in it, flushes, cuts it and lets it grow; and everybody reads the files
/// of all, also with handles that were opened long before.
/// </summary>
internal sealed class OverwritesAndTruncations : IWorkload
{
    private const int WriteMax = 3000;
    private const int LongWriteMax = 100_000;
    private const int FileMax = 150_000;

    // Made when the workload gets its desk.
    private StreamedFiles _files = null!;

    public string Name => "overwrites and truncations";

    public int Operations => 70;

    public Task PrepareAsync(Desk desk)
    {
        _files = new StreamedFiles(desk);
        return Task.CompletedTask;
    }

    public Task OperateAsync(Desk desk, User user, Random random) =>
        random.Next(5) < 3 ? ChangeAsync(_files.WriterOf(user), random) : _files.ReadSomewhereAsync(user, random);

    public Task FinishAsync(Desk desk, User user) => _files.FinishAsync(user);

    public IEnumerable<string> Check(Desk desk) => [];

    private static async Task ChangeAsync(StreamedFileWriter writer, Random random)
    {
        bool works = await writer.OpenAsync().ConfigureAwait(false);
        for (int left = random.Next(1, 5); works && left > 0; left--)
        {
            works = random.Next(8) switch
            {
                0 => await writer.FlushAsync().ConfigureAwait(false),
                1 => await writer.SetLengthAsync(random.NextInt64(writer.Content.Length + 1000)).ConfigureAwait(false),
                _ => await WriteAsync(writer, random).ConfigureAwait(false),
            };
        }

        // What is not flushed stays in the stream until the next operation.
        int ending = works ? random.Next(6) : 5;
        if (ending == 0)
        {
            await writer.CloseAsync().ConfigureAwait(false);
        }
        else if (ending < 4)
        {
            await writer.FlushAsync().ConfigureAwait(false);
        }
    }

    private static Task<bool> WriteAsync(StreamedFileWriter writer, Random random)
    {
        int length = random.Next(1, random.Next(25) == 0 ? LongWriteMax : WriteMax);
        long end = writer.Content.Length;
        long offset = random.Next(3) switch
        {
            0 => Math.Min(end, FileMax),
            1 => random.NextInt64(Math.Min(end, FileMax) + 2000),
            _ => random.NextInt64(Math.Min(end, FileMax) + 1),
        };
        return writer.WriteAsync(offset, length);
    }
}
