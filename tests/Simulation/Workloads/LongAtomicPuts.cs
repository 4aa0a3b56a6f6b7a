using DfsNet.Client;
using DfsNet.Simulation.Checkers.Contents;
using DfsNet.Simulation.Checkers.Linearizability;

namespace DfsNet.Simulation.Workloads;

/// <summary>
/// Larger files stored in one step from sources that take their time, so that faults and ends of sessions fall into the middle; readers see
/// a file as a whole or not at all, and nothing of one that was given up.
/// </summary>
internal sealed class LongAtomicPuts : IWorkload
{
    private const int Files = 3;
    private const int SizeMax = 200_000;
    private const int PiecesMax = 6;

    // Made when the workload gets its desk.
    private RecordedNames _names = null!;

    public string Name => "long atomic puts";

    public int Operations => 24;

    public Task PrepareAsync(Desk desk)
    {
        _names = new RecordedNames(desk);
        return Task.CompletedTask;
    }

    public Task OperateAsync(Desk desk, User user, Random random)
    {
        string path = PathOf(desk, random.Next(Files));
        return random.Next(8) switch
        {
            < 4 => PutAsync(desk, user, path, random),
            4 => GiveUpAsync(desk, user, path, random),
            5 => _names.CallAsync(user, new DeleteCall(_names.History.Path(path))),
            _ => _names.CallAsync(user, _names.History.Read(path)),
        };
    }

    public Task FinishAsync(Desk desk, User user) =>
        _names.InsistOnAllAsync(user, Enumerable.Range(0, Files).Select(number => PathOf(desk, number)).Prepend(desk.Directory));

    public IEnumerable<string> Check(Desk desk) => _names.Check();

    private static string PathOf(Desk desk, int number) => $"{desk.Directory}/p{number}";

    // Short files take the way of one command, long ones that of a staged inode.
    private static int DrawSize(Random random) => random.Next(1, random.Next(3) == 0 ? SizeMax : 20_000);

    /// <summary>Together shorter or longer than a session lives.</summary>
    private static List<TimeSpan> DrawPauses(Desk desk, Random random)
    {
        var longest = desk.World.Shape.MetaOptions.SessionTimeout * (random.Next(4) == 0 ? 2 : 0.3);
        int pieces = random.Next(1, PiecesMax + 1);
        return [.. Enumerable.Range(0, pieces).Select(_ => longest * (random.NextDouble() / pieces))];
    }

    private Task PutAsync(Desk desk, User user, string path, Random random)
    {
        var put = _names.History.Put(path, DrawSize(random), overwrite: random.Next(4) != 0);
        var pauses = DrawPauses(desk, random);
        var options = new DfsPutOptions { Overwrite = put.Overwrite };
        return _names.PutAsync(user, put, async client =>
        {
            await using var source = new SlowSource(user.Machine.Life!, put.Pattern, put.Length, pauses);
            await client.PutAsync(path, source, options).ConfigureAwait(false);
        });
    }

    /// <summary>An atomic stream that is abandoned: nobody ever sees a byte of it.</summary>
    private static async Task GiveUpAsync(Desk desk, User user, string path, Random random)
    {
        int pattern = desk.World.Chronicle.IssuePattern($"what was given up before it came to be {path}");
        byte[] bytes = Pattern.Make(pattern, 0, DrawSize(random));
        var opened = await user.OpenAsync(
            $"open {path}", client => client.OpenWriteAsync(path, new DfsWriteOptions { Atomic = true })).ConfigureAwait(false);
        if (!opened.IsSuccess)
        {
            return;
        }

        await user.CallAsync($"write {path}", opened.Value!, async stream =>
        {
            await stream.WriteAsync(bytes).ConfigureAwait(false);
            await stream.FlushAsync().ConfigureAwait(false);
        }).ConfigureAwait(false);
        await desk.World.Scheduler.DelayAsync(DrawPauses(desk, random)[0]).ConfigureAwait(false);
        await user.DropAsync(opened.Value!).ConfigureAwait(false);
    }
}
