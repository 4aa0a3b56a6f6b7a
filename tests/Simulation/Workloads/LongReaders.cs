using DfsNet.Client;
using DfsNet.Simulation.Checkers.Linearizability;

namespace DfsNet.Simulation.Workloads;

/// <summary>
/// Files are opened once and read piece by piece over a long time, with layouts from a cache, while others replace and remove them and the
/// chunks of what they were are reclaimed.
/// </summary>
internal sealed class LongReaders : IWorkload
{
    private const int Files = 3;
    private const int Closes = 15;

    // Made when the workload gets its desk.
    private RecordedNames _names = null!;
    private ReplacedFileHandles _handles = null!;

    public string Name => "long readers";

    public int Operations => 90;

    public Task PrepareAsync(Desk desk)
    {
        _names = new RecordedNames(desk);
        _handles = new ReplacedFileHandles(desk, _names);
        return Task.CompletedTask;
    }

    public Task OperateAsync(Desk desk, User user, Random random)
    {
        string path = PathOf(desk, random.Next(Files));
        return random.Next(20) switch
        {
            < 4 => _names.CallAsync(user, _names.History.Put(path, DrawSize(desk, random), overwrite: true)),
            < 7 => ReplaceAsync(desk, user, path, random),
            7 => _names.CallAsync(user, new DeleteCall(_names.History.Path(path))),
            _ => _handles.ReadAsync(user, path, random, Closes),
        };
    }

    public Task FinishAsync(Desk desk, User user) =>
        _names.InsistOnAllAsync(user, Enumerable.Range(0, Files).Select(number => PathOf(desk, number)));

    public IEnumerable<string> Check(Desk desk) => _names.Check().Concat(_handles.Check());

    private static string PathOf(Desk desk, int number) => $"{desk.Directory}/r{number}";

    private static int DrawSize(Desk desk, Random random) => FileSize.Draw(random, desk.World.Shape.MetaOptions.ChunkSize!.Value);

    /// <summary>From a stream: what is too long for one chunk comes as a staged file, which gets the name in the end.</summary>
    private Task ReplaceAsync(Desk desk, User user, string path, Random random)
    {
        var put = _names.History.Put(path, DrawSize(desk, random), overwrite: true);
        return _names.PutAsync(user, put, async client =>
        {
            await using var source = new SlowSource(user.Machine.Life!, put.Pattern, put.Length, [TimeSpan.FromMilliseconds(1)]);
            await client.PutAsync(path, source, new DfsPutOptions { Overwrite = true }).ConfigureAwait(false);
        });
    }
}
