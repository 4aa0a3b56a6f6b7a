using DfsNet.Simulation.Checkers.Linearizability;

namespace DfsNet.Simulation.Workloads;

/// <summary>Many tiny files at once, packed into shared chunks and shared frames, in directories that come into being with them.</summary>
internal sealed class SmallFileStorms : IWorkload
{
    private const int Directories = 3;
    private const int FilesPerDirectory = 24;
    private const int SizeMax = 400;

    // Made when the workload gets its desk.
    private RecordedNames _names = null!;

    public string Name => "small file storms";

    public int Operations => 14;

    public Task PrepareAsync(Desk desk)
    {
        _names = new RecordedNames(desk);
        return Task.CompletedTask;
    }

    public async Task OperateAsync(Desk desk, User user, Random random)
    {
        string directory = PathOf(desk, random.Next(Directories));
        var numbers = Enumerable.Range(0, random.Next(4, 12)).Select(_ => random.Next(FilesPerDirectory)).Distinct();
        var files = numbers.Select(number => $"{directory}/{number}").ToList();
        var puts = files.Select(path => _names.History.Put(
            path, random.Next(SizeMax), overwrite: random.Next(3) != 0, parents: random.Next(3) != 0));
        await Task.WhenAll(puts.ToList().Select(put => _names.CallAsync(user, put))).ConfigureAwait(false);
        var reads = files.Take(random.Next(4)).Select(path => _names.History.Read(path));
        await Task.WhenAll(reads.ToList().Select(read => _names.CallAsync(user, read))).ConfigureAwait(false);
        if (random.Next(3) == 0)
        {
            await _names.CallAsync(user, new ListCall(_names.History.Path(directory))).ConfigureAwait(false);
        }
    }

    public Task FinishAsync(Desk desk, User user)
    {
        var directories = Enumerable.Range(0, Directories).Select(number => PathOf(desk, number)).ToList();
        var files = directories.SelectMany(path => Enumerable.Range(0, FilesPerDirectory).Select(number => $"{path}/{number}"));
        return Task.WhenAll(
            _names.InsistOnAllAsync(user, directories.Prepend(desk.Directory)),
            Task.WhenAll(files.Select(path => _names.InsistAsync(user, () => _names.History.Read(path)))));
    }

    public IEnumerable<string> Check(Desk desk) => _names.Check();

    private static string PathOf(Desk desk, int number) => $"{desk.Directory}/d{number}";
}
