using DfsNet.Client;
using DfsNet.Protocol.Wire;
using DfsNet.Simulation.Checkers.Contents;

namespace DfsNet.Simulation.Workloads;

/// <summary>Several clients append records to the same files, through streams that stay open, and read them from their beginning.</summary>
internal sealed class Appenders : IWorkload
{
    private const int Files = 2;
    private const int PayloadMax = 300;

    // Now and then more than a block.
    private const int LongPayloadMax = 80_000;

    // Bytes are appended to a chunk, and then committed.
    private const int FlushDeadlines = 2;

    private readonly Dictionary<(int User, int File), OpenStream> _streams = [];

    // Made when the workload gets its desk.
    private AppendedFile[] _files = null!;

    public string Name => "appenders";

    public int Operations => 70;

    public async Task PrepareAsync(Desk desk)
    {
        _files = [.. Enumerable.Range(0, Files).Select(number => new AppendedFile(desk.World.Chronicle, $"{desk.Directory}/a{number}"))];
        foreach (var file in _files)
        {
            await desk.Users[0].InsistAsync($"make {file.Path}", client => MakeAsync(client, file.Path)).ConfigureAwait(false);
        }
    }

    public Task OperateAsync(Desk desk, User user, Random random)
    {
        int file = random.Next(Files);
        return random.Next(6) == 0
            ? ReadAsync(desk, _files[file], what => user.CallAsync(what.Text, what.Call))
            : AppendAsync(desk, user, file, random);
    }

    public async Task FinishAsync(Desk desk, User user)
    {
        foreach (var file in _files)
        {
            await ReadAsync(desk, file, what => user.InsistAsync(what.Text, what.Call)).ConfigureAwait(false);
        }
    }

    public IEnumerable<string> Check(Desk desk) => [];

    private static async Task MakeAsync(DfsClient client, string path)
    {
        await using var stream = await client.OpenWriteAsync(path, new DfsWriteOptions { Mode = DfsWriteMode.OpenOrCreate })
            .ConfigureAwait(false);
    }

    private static async Task ReadAsync(
        Desk desk, AppendedFile file, Func<(string Text, Func<DfsClient, Task<MemoryStream>> Call), Task<Outcome<MemoryStream>>> call)
    {
        // A reading that is repeated begins anew: each attempt has its own beginning.
        var reading = file.BeginRead();
        var outcome = await call(($"read {file.Path}", async client =>
        {
            reading = file.BeginRead();
            var content = new MemoryStream();
            await client.GetAsync(file.Path, content).ConfigureAwait(false);
            return content;
        }
        )).ConfigureAwait(false);
        if (outcome.IsSuccess)
        {
            desk.Require(reading.End(outcome.Value!.ToArray()));
        }
        else if (outcome.Error is { Code: ErrorCode.NotFound } error)
        {
            desk.World.Violate("a file that nobody removed is there", error.Message);
        }
    }

    private async Task AppendAsync(Desk desk, User user, int file, Random random)
    {
        var key = (desk.NumberOf(user), file);
        if (!_streams.TryGetValue(key, out var opened) || !user.Has(opened))
        {
            var options = new DfsWriteOptions { Mode = DfsWriteMode.Append };
            var outcome = await user.OpenAsync(
                $"open {_files[file].Path} to append", client => client.OpenWriteAsync(_files[file].Path, options)).ConfigureAwait(false);
            if (!outcome.IsSuccess)
            {
                return;
            }

            _streams[key] = opened = outcome.Value!;
        }

        bool works = await AppendAsync(desk.NumberOf(user), user, _files[file], opened, random).ConfigureAwait(false);
        if (!works || random.Next(8) == 0)
        {
            _streams.Remove(key);
            await user.DropAsync(opened).ConfigureAwait(false);
        }
    }

    private static async Task<bool> AppendAsync(int writer, User user, AppendedFile file, OpenStream opened, Random random)
    {
        var records = new List<AppendedRecord>();
        for (int left = random.Next(1, 4); left > 0; left--)
        {
            int payload = random.Next(1, random.Next(60) == 0 ? LongPayloadMax : PayloadMax);
            var record = file.Begin(writer, payload);
            records.Add(record);
            byte[] bytes = record.ToBytes();
            var written = await user.CallAsync(
                $"append to {file.Path}", opened, stream => stream.WriteAsync(bytes).AsTask(), FlushDeadlines).ConfigureAwait(false);
            if (!written.IsSuccess)
            {
                return false;
            }
        }

        var flushed = await user.CallAsync($"flush {file.Path}", opened, stream => stream.FlushAsync(), FlushDeadlines)
            .ConfigureAwait(false);
        if (flushed.IsSuccess)
        {
            records.ForEach(file.Acknowledge);
        }

        return flushed.IsSuccess;
    }
}
