using DfsNet.Simulation.Checkers.Linearizability;

namespace DfsNet.Simulation.Workloads;

/// <summary>
/// One user makes, moves and removes a few names; all others look at them all the time, each at whatever leader it knows.
/// </summary>
internal sealed class WatchedNames : IWorkload
{
    private const int LooksMax = 12;
    private const int PauseMsMax = 25;
    private static readonly string[] Letters = ["a", "b", "c"];

    // Made when the workload gets its desk.
    private RecordedNames _names = null!;

    public string Name => "watched names";

    public int Operations => 120;

    public Task PrepareAsync(Desk desk)
    {
        _names = new RecordedNames(desk);
        return Task.CompletedTask;
    }

    public async Task OperateAsync(Desk desk, User user, Random random)
    {
        if (desk.NumberOf(user) == 0)
        {
            await _names.CallAsync(user, DrawChange(desk, random)).ConfigureAwait(false);
            return;
        }

        for (int looks = random.Next(1, LooksMax); looks > 0; looks--)
        {
            await _names.CallAsync(user, new StatCall(_names.History.Path(PathOf(desk, random)))).ConfigureAwait(false);
            await desk.World.Scheduler.DelayAsync(TimeSpan.FromMilliseconds(random.Next(PauseMsMax))).ConfigureAwait(false);
        }
    }

    public Task FinishAsync(Desk desk, User user) =>
        _names.InsistAsync(user, () => new ListCall(_names.History.Path(desk.Directory)));

    public IEnumerable<string> Check(Desk desk) => _names.Check();

    private NamespaceOperation DrawChange(Desk desk, Random random)
    {
        var path = _names.History.Path(PathOf(desk, random));
        return random.Next(3) switch
        {
            0 => new MakeDirectoryCall(path, Parents: false),
            1 => new RemoveDirectoryCall(path),
            _ => new MoveCall(path, _names.History.Path(PathOf(desk, random)), Replace: false),
        };
    }

    private static string PathOf(Desk desk, Random random) => $"{desk.Directory}/{Letters[random.Next(Letters.Length)]}";
}
