using DfsNet.Simulation.Checkers.Linearizability;

namespace DfsNet.Simulation.Workloads;

/// <summary>Directories and small files come, move and go in one small tree, under the hands of all its users.</summary>
internal sealed class NamespaceChurn : IWorkload
{
    private const int DepthMax = 3;
    private const int SizeMax = 600;
    private static readonly string[] Letters = ["a", "b", "c"];

    // Made when the workload gets its desk.
    private RecordedNames _names = null!;

    public string Name => "namespace churn";

    public int Operations => 110;

    public Task PrepareAsync(Desk desk)
    {
        _names = new RecordedNames(desk);
        return Task.CompletedTask;
    }

    public Task OperateAsync(Desk desk, User user, Random random) => _names.CallAsync(user, Draw(desk, random));

    public Task FinishAsync(Desk desk, User user)
    {
        var top = Letters.Select(letter => $"{desk.Directory}/{letter}").ToList();
        var below = top.SelectMany(path => Letters.Select(letter => $"{path}/{letter}"));
        return _names.InsistOnAllAsync(user, top.Concat(below).Prepend(desk.Directory));
    }

    public IEnumerable<string> Check(Desk desk) => _names.Check();

    private static string DrawPath(Desk desk, Random random)
    {
        // More at the top, where it is more likely that something is there.
        int depth = random.Next(6) switch { < 3 => 1, < 5 => 2, _ => DepthMax };
        return $"{desk.Directory}/{string.Join('/', Enumerable.Range(0, depth).Select(_ => Letters[random.Next(Letters.Length)]))}";
    }

    private NamespaceOperation Draw(Desk desk, Random random)
    {
        var history = _names.History;
        string path = DrawPath(desk, random);
        return random.Next(20) switch
        {
            < 4 => history.Put(path, random.Next(SizeMax), overwrite: random.Next(2) == 0, parents: random.Next(3) == 0),
            < 7 => new MakeDirectoryCall(history.Path(path), random.Next(2) == 0),
            7 => new RemoveDirectoryCall(history.Path(path)),
            8 => new DeleteCall(history.Path(path)),
            < 13 => new MoveCall(history.Path(path), history.Path(DrawPath(desk, random)), random.Next(2) == 0),
            13 => history.Truncate(path, random.Next(SizeMax)),
            < 16 => history.Read(path),
            < 18 => new StatCall(history.Path(path)),
            _ => new ListCall(history.Path(random.Next(3) == 0 ? desk.Directory : path)),
        };
    }
}
