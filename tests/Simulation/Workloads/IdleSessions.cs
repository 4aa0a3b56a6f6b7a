namespace DfsNet.Simulation.Workloads;

/// <summary>
/// Users write a little, leave their streams and chunks open, do nothing for longer than heartbeats, servers or sessions last, and go on:
/// their clients keep the session alive, seal what is idle and what has lost a server, and nothing is lost.
/// </summary>
internal sealed class IdleSessions : IWorkload
{
    private const int WriteMax = 1500;

    // Made when the workload gets its desk.
    private StreamedFiles _files = null!;

    public string Name => "idle sessions";

    public int Operations => 16;

    public Task PrepareAsync(Desk desk)
    {
        _files = new StreamedFiles(desk);
        return Task.CompletedTask;
    }

    public async Task OperateAsync(Desk desk, User user, Random random)
    {
        var writer = _files.WriterOf(user);
        bool works = await writer.OpenAsync().ConfigureAwait(false)
            && await WriteAsync(writer, random).ConfigureAwait(false)
            && (random.Next(4) == 0 || await writer.FlushAsync().ConfigureAwait(false));
        await desk.World.Scheduler.DelayAsync(DrawIdleness(desk, random)).ConfigureAwait(false);

        // The process may have died meanwhile, and its stream with it.
        works = works && writer.IsOpen
            && await WriteAsync(writer, random).ConfigureAwait(false)
            && await writer.FlushAsync().ConfigureAwait(false);
        if (works && random.Next(4) == 0)
        {
            await writer.CloseAsync().ConfigureAwait(false);
        }

        await _files.ReadSomewhereAsync(user, random).ConfigureAwait(false);
    }

    public Task FinishAsync(Desk desk, User user) => _files.FinishAsync(user);

    public IEnumerable<string> Check(Desk desk) => [];

    private static Task<bool> WriteAsync(StreamedFileWriter writer, Random random)
    {
        long end = writer.Content.Length;
        return writer.WriteAsync(random.Next(3) == 0 ? random.NextInt64(end + 1) : end, random.Next(1, WriteMax));
    }

    private static TimeSpan DrawIdleness(Desk desk, Random random)
    {
        var shape = desk.World.Shape;
        var longest = random.Next(4) switch
        {
            0 => shape.MetaOptions.SessionTimeout * 1.5,
            1 => shape.MetaOptions.DeadAfter * 1.5,
            _ => shape.ClientOptions.ChunkIdle * 1.5,
        };
        return longest * (0.3 + (0.7 * random.NextDouble()));
    }
}
