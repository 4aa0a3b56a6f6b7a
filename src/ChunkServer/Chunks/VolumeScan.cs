using DfsNet.Protocol;
using DfsNet.Storage.Disk;

namespace DfsNet.ChunkServer.Chunks;

/// <summary>
/// What the chunk directories hold, from one small read of each file. Names that are not ours are counted and left alone; copies that
/// were under way are removed.
/// </summary>
internal sealed class VolumeScan(IDisk disk, int parallelism)
{
    // Guards the fields below while directories are read in parallel.
    private readonly Lock _gate = new();
    private readonly Dictionary<ChunkId, ScannedFile> _files = [];
    private int _foreign;
    private int _abandoned;

    public IReadOnlyDictionary<ChunkId, ScannedFile> Files => _files;

    public int ForeignNames => _foreign;

    public int AbandonedImports => _abandoned;

    public async Task RunAsync(CancellationToken cancellation)
    {
        foreach (string name in await disk.ListAsync(ChunkPath.Root).ConfigureAwait(false))
        {
            bool known = name.Length == 2 && int.TryParse(
                name, System.Globalization.NumberStyles.AllowHexSpecifier, System.Globalization.CultureInfo.InvariantCulture, out int index)
                && name == ChunkPath.DirectoryName(index);
            _foreign += known ? 0 : 1;
        }

        var options = new ParallelOptions { MaxDegreeOfParallelism = parallelism, CancellationToken = cancellation };
        await Parallel.ForAsync(0, ChunkPath.DirectoryCount, options, ScanDirectoryAsync).ConfigureAwait(false);
    }

    private async ValueTask ScanDirectoryAsync(int index, CancellationToken cancellation)
    {
        string directory = $"{ChunkPath.Root}/{ChunkPath.DirectoryName(index)}";
        bool found = false;
        foreach (string name in await disk.ListAsync(directory).ConfigureAwait(false))
        {
            cancellation.ThrowIfCancellationRequested();
            var kind = ChunkPath.Parse(index, name, out var chunk);
            if (kind == ChunkNameKind.Import)
            {
                await disk.DeleteAsync($"{directory}/{name}").ConfigureAwait(false);
                Interlocked.Increment(ref _abandoned);
            }
            else if (kind == ChunkNameKind.Chunk && await TryReadAsync(chunk).ConfigureAwait(false) is { } file)
            {
                found = true;
                lock (_gate)
                {
                    _files.Add(chunk, file);
                }
            }
            else
            {
                Interlocked.Increment(ref _foreign);
            }
        }

        if (found)
        {
            // A process may have died between giving a copy its name and flushing the name: what is served must not vanish later.
            await disk.FlushDirectoryAsync(directory).ConfigureAwait(false);
        }
    }

    // Null for what is no file that can be read, such as a directory of that name.
    private async ValueTask<ScannedFile?> TryReadAsync(ChunkId chunk)
    {
        try
        {
            var file = await disk.OpenAsync(ChunkPath.File(chunk), FileOpening.Existing).ConfigureAwait(false);
            await using (file.ConfigureAwait(false))
            {
                return await ReadAsync(chunk, file).ConfigureAwait(false);
            }
        }
        catch (DiskException error) when (error.Failure is DiskFailure.Refused or DiskFailure.NotFound)
        {
            return null;
        }
        catch (DiskException error) when (error.Failure == DiskFailure.Failed)
        {
            // A bad sector under one header costs that replica, not the volume's start; a disk that fails everywhere fails at its journal.
            return new ScannedFile(0, HeaderState.Damaged, null);
        }
    }

    private static async ValueTask<ScannedFile> ReadAsync(ChunkId chunk, IDiskFile file)
    {
        long length = await file.GetLengthAsync().ConfigureAwait(false);
        byte[] part = new byte[ChunkHeader.FixedBytes];
        int read = await file.ReadAsync(0, part).ConfigureAwait(false);
        if (ChunkHeader.TryRead(part.AsSpan(0, read), out var header))
        {
            return new ScannedFile(length, header.Chunk == chunk ? HeaderState.Valid : HeaderState.Damaged, header);
        }

        byte[] copy = new byte[ChunkHeader.FixedBytes];
        int copyRead = await file.ReadAsync(ChunkHeader.CopyOffset, copy).ConfigureAwait(false);
        if (ChunkHeader.TryRead(copy.AsSpan(0, copyRead), out header))
        {
            return new ScannedFile(length, HeaderState.Damaged, header.Chunk == chunk ? header : null);
        }

        bool empty = part.AsSpan(0, read).IndexOfAnyExcept((byte)0) < 0 && copy.AsSpan(0, copyRead).IndexOfAnyExcept((byte)0) < 0;
        return new ScannedFile(length, empty ? HeaderState.None : HeaderState.Damaged, null);
    }
}

/// <summary>A chunk's file as the scan found it.</summary>
/// <param name="Length">Of the file, in bytes.</param>
/// <param name="State">Of its header.</param>
/// <param name="Header">The valid one, or what a damaged one still says.</param>
internal sealed record ScannedFile(long Length, HeaderState State, ChunkHeader? Header);

/// <summary>What stands where a header would be.</summary>
internal enum HeaderState
{
    /// <summary>Nothing: the chunk was not sealed here.</summary>
    None,
    Valid,
    Damaged,
}
