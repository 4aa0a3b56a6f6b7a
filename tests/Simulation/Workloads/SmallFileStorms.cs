using DfsNet.Simulation.Checkers.Linearizability;
using DfsNet.Simulation.Checkers.Recording;

namespace DfsNet.Simulation.Workloads;

/// <summary>
/// Many tiny files at once, packed into shared chunks and shared frames. Each file is judged alone: a storm of calls at the same time fits
/// into too many orders to try them together. Their directories are listed page by page.
/// </summary>
internal sealed class SmallFileStorms : IWorkload
{
    private const int Directories = 3;
    private const int FilesPerDirectory = 24;
    private const int SizeMax = 400;

    // Made when the workload gets its desk.
    private Place[] _places = null!;

    public string Name => "small file storms";

    public int Operations => 14;

    public async Task PrepareAsync(Desk desk)
    {
        _places = [.. Enumerable.Range(0, Directories).Select(number => new Place(desk, $"{desk.Directory}/d{number}"))];
        foreach (var place in _places)
        {
            await desk.Users[0].InsistAsync("make a directory", client => client.CreateDirectoryAsync(place.Directory, true))
                .ConfigureAwait(false);
        }
    }

    public async Task OperateAsync(Desk desk, User user, Random random)
    {
        var place = _places[random.Next(Directories)];
        var files = Enumerable.Range(0, random.Next(4, 12)).Select(_ => random.Next(FilesPerDirectory)).Distinct().ToList();
        var puts = files.Select(file => place.Files[file].History.Put(
            place.PathOf(file), random.Next(SizeMax), overwrite: random.Next(3) != 0));
        await Task.WhenAll(puts.ToList().Zip(files, (put, file) => place.Files[file].CallAsync(user, put))).ConfigureAwait(false);
        await Task.WhenAll(files.Take(random.Next(4)).Select(file => place.Files[file].CallAsync(user, place.Read(file))))
            .ConfigureAwait(false);
        if (random.Next(4) == 0)
        {
            int file = files[0];
            await place.Files[file].CallAsync(user, new DeleteCall(place.Files[file].History.Path(place.PathOf(file))))
                .ConfigureAwait(false);
        }

        if (random.Next(3) == 0)
        {
            await place.Lists.ListAsync(user, random.Next(1, FilesPerDirectory)).ConfigureAwait(false);
        }
    }

    public Task FinishAsync(Desk desk, User user) => Task.WhenAll(_places.Select(async place =>
    {
        var reads = place.Files.Select((names, file) => names.InsistAsync(user, () => place.Read(file)));
        await Task.WhenAll(reads).ConfigureAwait(false);
        await place.Lists.ListAsync(user, FilesPerDirectory).ConfigureAwait(false);
    }));

    public IEnumerable<string> Check(Desk desk) => _places.SelectMany(place => place.Check());

    /// <summary>A directory and its files.</summary>
    private sealed class Place(Desk desk, string directory)
    {
        public string Directory => directory;

        public RecordedNames[] Files { get; } =
            [.. Enumerable.Range(0, FilesPerDirectory).Select(_ => new RecordedNames(desk, directory))];

        public PagedLists Lists { get; } = new(desk, new NamePath(directory, directory));

        public string PathOf(int file) => $"{directory}/{file}";

        public ReadCall Read(int file) => Files[file].History.Read(PathOf(file));

        public IEnumerable<string> Check()
        {
            List<RecordedCall> calls = [.. Files.SelectMany(file => file.History.Calls)];
            return Files.SelectMany(file => file.Check()).Concat(Lists.Check(calls));
        }
    }
}
