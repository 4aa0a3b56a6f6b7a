using DfsNet.Simulation.Checkers.Linearizability;

namespace DfsNet.Simulation.Workloads;

/// <summary>Files of all sizes: stored whole, read whole, cut, replaced and removed, by everybody.</summary>
internal sealed class FilesOfAllSizes : IWorkload
{
    private const int Files = 10;

    // Made when the workload gets its desk.
    private RecordedNames _names = null!;

    public string Name => "files of all sizes";

    public int Operations => 80;

    public Task PrepareAsync(Desk desk)
    {
        _names = new RecordedNames(desk);
        return Task.CompletedTask;
    }

    public Task OperateAsync(Desk desk, User user, Random random)
    {
        string path = PathOf(desk, random.Next(Files));
        int size = FileSize.Draw(random, desk.World.Shape.MetaOptions.ChunkSize!.Value);
        var history = _names.History;
        return _names.CallAsync(user, random.Next(20) switch
        {
            < 9 => history.Put(path, size, overwrite: random.Next(4) != 0),
            < 16 => history.Read(path),
            < 18 => history.Truncate(path, size),
            18 => new DeleteCall(history.Path(path)),
            _ => new StatCall(history.Path(path)),
        });
    }

    public Task FinishAsync(Desk desk, User user) =>
        _names.InsistOnAllAsync(user, Enumerable.Range(0, Files).Select(number => PathOf(desk, number)).Prepend(desk.Directory));

    public IEnumerable<string> Check(Desk desk) => _names.Check();

    private static string PathOf(Desk desk, int number) => $"{desk.Directory}/f{number}";
}
