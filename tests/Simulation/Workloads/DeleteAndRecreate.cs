using DfsNet.Client;
using DfsNet.Protocol.Wire;
using DfsNet.Simulation.Checkers.Contents;
using DfsNet.Simulation.Checkers.Linearizability;
using DfsNet.Simulation.Checkers.Recording;

namespace DfsNet.Simulation.Workloads;

/// <summary>
/// The same few names are made, removed and made again, while others read the removed files or write into them, and list the directory page
/// by page.
/// </summary>
internal sealed class DeleteAndRecreate : IWorkload
{
    private const int Files = 5;
    private const int SizeMax = 4000;

    // Made when the workload gets its desk.
    private RecordedNames _names = null!;
    private ReplacedFileHandles _handles = null!;
    private PagedLists _lists = null!;

    public string Name => "delete and re-create";

    public int Operations => 100;

    public Task PrepareAsync(Desk desk)
    {
        _names = new RecordedNames(desk);
        _handles = new ReplacedFileHandles(desk, _names);
        _lists = new PagedLists(desk, _names.History.Path(desk.Directory));
        return Task.CompletedTask;
    }

    public Task OperateAsync(Desk desk, User user, Random random)
    {
        string path = PathOf(desk, random.Next(Files));
        return random.Next(20) switch
        {
            < 7 => _names.CallAsync(user, _names.History.Put(path, random.Next(SizeMax), overwrite: random.Next(5) == 0)),
            < 11 => _names.CallAsync(user, new DeleteCall(_names.History.Path(path))),
            < 13 => _names.CallAsync(user, _names.History.Read(path)),
            < 16 => _handles.ReadAsync(user, path, random, closes: 5),
            < 19 => _lists.ListAsync(user, random.Next(1, Files)),
            _ => WriteIntoRemovedAsync(desk, user, path, random),
        };
    }

    public Task FinishAsync(Desk desk, User user) =>
        _names.InsistOnAllAsync(user, Enumerable.Range(0, Files).Select(number => PathOf(desk, number)).Prepend(desk.Directory));

    public IEnumerable<string> Check(Desk desk) =>
        _names.Check().Concat(_handles.Check()).Concat(_lists.Check(_names.History.Calls));

    private static string PathOf(Desk desk, int number) => $"{desk.Directory}/n{number}";

    /// <summary>
    /// Makes a file through a stream, removes its name, and only then writes: nobody may ever see those bytes but who had opened the file
    /// before.
    /// </summary>
    private async Task WriteIntoRemovedAsync(Desk desk, User user, string path, Random random)
    {
        DfsFileStream? stream = null;
        var made = await _names.PutAsync(user, _names.History.Put(path, 0, overwrite: false), async client =>
            stream = await client.OpenWriteAsync(path, new DfsWriteOptions { Mode = DfsWriteMode.CreateNew }).ConfigureAwait(false))
            .ConfigureAwait(false);
        if (!made.IsSuccess || user.Machine.Present is not { } client)
        {
            return;
        }

        var opened = new OpenStream(client, stream!);
        var removed = await _names.CallAsync(user, new DeleteCall(_names.History.Path(path))).ConfigureAwait(false);
        if (removed.IsSuccess || removed.Error?.Code == ErrorCode.NotFound)
        {
            int length = random.Next(1, SizeMax);
            var content = _names.History.WriteIntoRemoved(made.Value!, length);
            byte[] bytes = Pattern.Make(content.Pattern, 0, length);
            await user.CallAsync($"write into the removed {path}", opened, async written =>
            {
                await written.WriteAsync(bytes).ConfigureAwait(false);
                await written.FlushAsync().ConfigureAwait(false);
            }).ConfigureAwait(false);
        }

        await user.DropAsync(opened).ConfigureAwait(false);
    }
}
