using DfsNet.Client;
using DfsNet.MetaServer.Backups;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.Backups;

/// <summary>Connects a client whose new chunks carry a mark; the default mark is that of ordinary ones.</summary>
public delegate Task<DfsClient> ConnectMarked(BackupMark mark, CancellationToken cancellation);

/// <summary>
/// Keeps backups of the metadata as files of the file system that they are of. Each is two files: the backup, and beside it a map of the
/// chunks in which its bytes lie. All of these chunks are marked, and the map has a chunk of its own, so that both are found when no
/// metadata is left (<see cref="BackupSearch"/>).
/// </summary>
public sealed class BackupShelf : IBackupShelf
{
    /// <summary>Where they are.</summary>
    public const string Directory = "/.dfs/backups";

    private const string DataSuffix = ".backup";
    private const string MapSuffix = ".chunks";

    private readonly ConnectMarked _connect;
    private readonly DfsClient _client;

    private BackupShelf(ConnectMarked connect, DfsClient client)
    {
        _connect = connect;
        _client = client;
    }

    /// <exception cref="DfsException">No metadata server answers.</exception>
    public static async Task<IBackupShelf> OpenAsync(ConnectMarked connect, CancellationToken cancellation) =>
        new BackupShelf(connect, await connect(default, cancellation).ConfigureAwait(false));

    /// <summary>The file that a backup is.</summary>
    public static string PathOf(BackupName name) => $"{Directory}/{name}{DataSuffix}";

    /// <summary>The backups in a file system that are whole, oldest first.</summary>
    /// <exception cref="DfsException">What kept it from looking.</exception>
    public static async Task<IReadOnlyList<BackupName>> ListAsync(DfsClient client, CancellationToken cancellation)
    {
        var files = await NamesAsync(client, cancellation).ConfigureAwait(false);
        return [.. NamesOf(files).Where(name => IsWhole(name, files))];
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<BackupName>> ListAsync(CancellationToken cancellation) => ListAsync(_client, cancellation);

    /// <inheritdoc/>
    public async Task<BackupName> StoreAsync(
        Func<Func<BackupPiece, CancellationToken, Task>, CancellationToken, Task> fill, CancellationToken cancellation)
    {
        var header = await WriteAsync(fill, cancellation).ConfigureAwait(false);
        var name = BackupName.Of(header);
        byte[] map = BackupMapFile.Encode(await MeasureAsync(name, header, cancellation).ConfigureAwait(false));
        var marked = await _connect(name.Mark, cancellation).ConfigureAwait(false);
        await using (marked.ConfigureAwait(false))
        {
            var options = new DfsPutOptions { Overwrite = true };
            await marked.PutAsync($"{Directory}/{name}{MapSuffix}", map, options, cancellation).ConfigureAwait(false);
        }

        return name;
    }

    /// <inheritdoc/>
    public async Task RemoveBeforeAsync(BackupName oldest, CancellationToken cancellation)
    {
        var files = await NamesAsync(_client, cancellation).ConfigureAwait(false);
        foreach (var name in NamesOf(files).Where(name => name.CompareTo(oldest) < 0 || !IsWhole(name, files)))
        {
            // Without its map it is none any more.
            await RemoveAsync(name + MapSuffix).ConfigureAwait(false);
            await RemoveAsync(name + DataSuffix).ConfigureAwait(false);
        }

        async Task RemoveAsync(string file)
        {
            if (files.Contains(file))
            {
                await _client.DeleteFileAsync($"{Directory}/{file}", cancellation).ConfigureAwait(false);
            }
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _client.DisposeAsync();

    private static async Task<HashSet<string>> NamesAsync(DfsClient client, CancellationToken cancellation)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        try
        {
            await foreach (var entry in client.ListAsync(Directory, cancellation: cancellation).ConfigureAwait(false))
            {
                names.Add(entry.Name);
            }
        }
        catch (DfsException error) when (error.Code == ErrorCode.NotFound)
        {
            // The first backup makes it.
        }

        return names;
    }

    private static bool IsWhole(BackupName name, HashSet<string> files) =>
        files.Contains(name + DataSuffix) && files.Contains(name + MapSuffix);

    // What others put there is left alone.
    private static IEnumerable<BackupName> NamesOf(IEnumerable<string> files) => files
        .Select(file => BackupName.TryParse(Path.GetFileNameWithoutExtension(file), out var name) ? name : default)
        .Where(name => !name.Mark.IsNone)
        .Distinct()
        .Order();

    private async Task<BackupHeader> WriteAsync(
        Func<Func<BackupPiece, CancellationToken, Task>, CancellationToken, Task> fill, CancellationToken cancellation)
    {
        var written = new Writing(_connect);
        await using (written.ConfigureAwait(false))
        {
            await fill(written.AddAsync, cancellation).ConfigureAwait(false);
            return await written.FinishAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Reads it back, every checksum in it, and says where its bytes lie.</summary>
    private async Task<BackupMap> MeasureAsync(BackupName name, BackupHeader header, CancellationToken cancellation)
    {
        var layout = await _client.LocateAsync(PathOf(name), cancellation).ConfigureAwait(false);
        var source = await _client.OpenReadAsync(PathOf(name), cancellation).ConfigureAwait(false);
        await using (source.ConfigureAwait(false))
        {
            var measured = new MeasuredStream(source, layout.Slices);
            var read = await BackupFile.ReadAsync(measured, _ => { }, cancellation).ConfigureAwait(false);
            if (!read.Equals(header))
            {
                throw new DfsException(ErrorCode.Corrupt, "back up", $"what was written as {name} reads as another backup");
            }

            var map = new BackupMap { Header = header, Length = (ulong)layout.File.Length };
            map.Parts.AddRange(layout.Slices.Zip(measured.Crcs, (slice, crc) => new BackupPart
            {
                ChunkId = slice.ChunkId,
                Offset = (uint)slice.ChunkOffset,
                Length = (uint)slice.Length,
                Crc = crc,
            }));
            return map;
        }
    }

    /// <summary>A backup on its way into the file system: nothing of it is there before it is finished.</summary>
    private sealed class Writing(ConnectMarked connect) : IAsyncDisposable
    {
        private BackupHeader? _header;
        private DfsClient? _client;
        private DfsFileStream? _file;

        public async Task AddAsync(BackupPiece piece, CancellationToken cancellation)
        {
            if (piece.Header is { } header)
            {
                _header = header;
                var name = BackupName.Of(header);
                _client = await connect(name.Mark, cancellation).ConfigureAwait(false);
                _file = await _client.OpenWriteAsync(
                    PathOf(name), new DfsWriteOptions { Atomic = true, CreateParents = true }, cancellation).ConfigureAwait(false);
                await _file.WriteAsync(BackupFile.Begin(), cancellation).ConfigureAwait(false);
            }

            await _file!.WriteAsync(BackupFile.Encode(piece), cancellation).ConfigureAwait(false);
        }

        public async Task<BackupHeader> FinishAsync()
        {
            var file = _file!;
            _file = null;
            await file.DisposeAsync().ConfigureAwait(false);
            return _header!;
        }

        public async ValueTask DisposeAsync()
        {
            _file?.Abandon();
            await (_client?.DisposeAsync() ?? ValueTask.CompletedTask).ConfigureAwait(false);
        }
    }
}
