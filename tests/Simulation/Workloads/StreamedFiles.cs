namespace DfsNet.Simulation.Workloads;

/// <summary>The files of a desk that are written through streams: a writer for each user, and handles that everybody reads with.</summary>
internal sealed class StreamedFiles
{
    private const int PieceBytes = 64 * 1024;

    private readonly Desk _desk;
    private readonly StreamedFileWriter[] _writers;
    private readonly Dictionary<(int User, WrittenFile File), StreamedFileHandle> _handles = [];

    public StreamedFiles(Desk desk)
    {
        _desk = desk;
        _writers = [.. desk.Users.Select((user, number) => new StreamedFileWriter(desk, user, $"{desk.Directory}/s{number}"))];
    }

    public StreamedFileWriter WriterOf(User user) => _writers[_desk.NumberOf(user)];

    /// <summary>Reads in a file of one of the writers, with the handle at hand or with a new one.</summary>
    public async Task ReadSomewhereAsync(User user, Random random)
    {
        var writer = _writers[random.Next(_writers.Length)];
        if (writer.Files.Count == 0)
        {
            return;
        }

        var file = writer.Files[^random.Next(1, Math.Min(writer.Files.Count, 2) + 1)];
        var key = (_desk.NumberOf(user), file);
        if (!_handles.TryGetValue(key, out var handle) || !handle.IsOpen)
        {
            handle = new StreamedFileHandle(_desk, user, file);
            _handles[key] = handle;
            if (!await handle.OpenAsync().ConfigureAwait(false))
            {
                return;
            }
        }

        bool works = await ReadAsync(handle, file, random).ConfigureAwait(false);
        if (!works || random.Next(3) == 0)
        {
            await handle.CloseAsync().ConfigureAwait(false);
        }
    }

    /// <summary>After healing: closes the writers' streams, and reads every file once more.</summary>
    public async Task FinishAsync(User user)
    {
        foreach (var writer in _writers)
        {
            await writer.FinishAsync().ConfigureAwait(false);
            foreach (var file in writer.Files)
            {
                await ReadWholeAsync(user, file).ConfigureAwait(false);
            }
        }
    }

    private static async Task<bool> ReadAsync(StreamedFileHandle handle, WrittenFile file, Random random)
    {
        if (random.Next(4) == 0 && !await handle.RefreshAsync().ConfigureAwait(false))
        {
            return false;
        }

        for (int left = random.Next(1, 4); left > 0; left--)
        {
            long offset = random.Next(3) == 0 ? 0 : random.NextInt64(file.Content.Length + 10);
            int length = random.Next(1, random.Next(3) == 0 ? PieceBytes : 3000);
            if (await handle.ReadAsync(offset, length).ConfigureAwait(false) is null)
            {
                return false;
            }
        }

        return true;
    }

    private async Task ReadWholeAsync(User user, WrittenFile file)
    {
        var handle = new StreamedFileHandle(_desk, user, file);
        if (!await handle.InsistAsync().ConfigureAwait(false))
        {
            return;
        }

        long offset = 0;
        while (await handle.ReadAsync(offset, PieceBytes).ConfigureAwait(false) is { } length)
        {
            if (length == 0)
            {
                await handle.CloseAsync().ConfigureAwait(false);
                return;
            }

            offset += length;
        }

        _desk.World.Violate("after healing every call succeeds", $"reading {file.Content.Path} by {user.Name} failed");
    }
}
