using DfsNet.Client;
using DfsNet.Protocol.Wire;

namespace DfsNet.Simulation.Workloads;

/// <summary>
/// A user's machine falls asleep in the middle of a write, wakes up after its session has ended, and goes on as if nothing had happened:
/// the late commit is refused, and nothing of it is ever seen.
/// </summary>
internal sealed class SleepingWriters : IWorkload
{
    private const int Names = 2;
    private const int WriteMax = 2000;
    private const int PutMax = 150_000;

    // The last moments before it falls asleep: some messages are under way then.
    private static readonly TimeSpan AwakeMax = TimeSpan.FromMilliseconds(4);

    // Made when the workload gets its desk.
    private StreamedFiles _files = null!;
    private RecordedNames _names = null!;

    public string Name => "sleeping writers";

    public int Operations => 14;

    public async Task PrepareAsync(Desk desk)
    {
        _files = new StreamedFiles(desk);
        _names = new RecordedNames(desk, $"{desk.Directory}/names");
        await desk.Users[0].InsistAsync("make a directory", client => client.CreateDirectoryAsync(_names.History.Root, true))
            .ConfigureAwait(false);
    }

    public Task OperateAsync(Desk desk, User user, Random random)
    {
        string path = $"{_names.History.Root}/{random.Next(Names)}";
        return random.Next(8) switch
        {
            < 3 => WriteAsync(desk, user, random),
            < 5 => PutAsync(desk, user, path, random),
            5 => _names.CallAsync(user, _names.History.Read(path)),
            _ => _files.ReadSomewhereAsync(user, random),
        };
    }

    public async Task FinishAsync(Desk desk, User user)
    {
        await _files.FinishAsync(user).ConfigureAwait(false);
        await _names.InsistOnAllAsync(user, Enumerable.Range(0, Names).Select(number => $"{_names.History.Root}/{number}"))
            .ConfigureAwait(false);
    }

    public IEnumerable<string> Check(Desk desk) => _names.Check();

    private async Task WriteAsync(Desk desk, User user, Random random)
    {
        var writer = _files.WriterOf(user);
        bool works = await writer.OpenAsync().ConfigureAwait(false);
        if (works && random.Next(2) == 0)
        {
            works = await writer.WriteAsync(writer.Content.Length, random.Next(1, WriteMax)).ConfigureAwait(false)
                && await writer.FlushAsync().ConfigureAwait(false);
        }

        long offset = random.NextInt64(writer.Content.Length + 1);
        if (works && await writer.WriteAsync(offset, random.Next(1, WriteMax)).ConfigureAwait(false))
        {
            var flush = random.Next(2) == 0 ? writer.FlushAsync() : null;
            await SleepAsync(desk, user, random).ConfigureAwait(false);
            await (flush ?? writer.FlushAsync()).ConfigureAwait(false);
        }
    }

    private async Task PutAsync(Desk desk, User user, string path, Random random)
    {
        var put = _names.History.Put(path, random.Next(1, random.Next(2) == 0 ? PutMax : WriteMax), overwrite: true);
        var pauses = Enumerable.Range(0, random.Next(1, 4)).Select(_ => AwakeMax * random.NextDouble()).ToList();
        var putting = _names.PutAsync(user, put, async client =>
        {
            await using var source = new SlowSource(user.Machine.Life!, put.Pattern, put.Length, pauses);
            await client.PutAsync(path, source, new DfsPutOptions { Overwrite = true }).ConfigureAwait(false);
        });
        await SleepAsync(desk, user, random).ConfigureAwait(false);
        var outcome = await putting.ConfigureAwait(false);
        if (outcome.Error?.Code == ErrorCode.SessionEnded)
        {
            desk.World.Coverage.Count("late put refused");
        }
    }

    private static async Task SleepAsync(Desk desk, User user, Random random)
    {
        await desk.World.Scheduler.DelayAsync(AwakeMax * random.NextDouble()).ConfigureAwait(false);
        if (user.Machine.Life is not { IsAlive: true, IsPaused: false } life)
        {
            return;
        }

        life.Pause();
        await desk.World.Scheduler.DelayAsync(desk.World.Shape.MetaOptions.SessionTimeout * (0.8 + random.NextDouble()))
            .ConfigureAwait(false);
        life.Resume();
    }
}
