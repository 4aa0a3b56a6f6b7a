using System.Buffers;
using System.Runtime.CompilerServices;
using DfsNet.Cli.Local;
using DfsNet.Client;
using DfsNet.Protocol.Wire;

namespace DfsNet.Cli.Transfers;

/// <summary>Stores local files and trees: many small files side by side, each whole or not at all.</summary>
internal sealed class PutTransfer : IDisposable
{
    private readonly DfsClient _client;
    private readonly Surroundings _surroundings;
    private readonly TransferSettings _settings;
    private readonly TransferReport _report;
    private readonly TransferCounters _counters;
    private readonly RemoteDirectories _directories;
    private readonly SemaphoreSlim _largeTurns = new(TransferSettings.LargeFilesAtOnce);

    public PutTransfer(
        DfsClient client, Surroundings surroundings, TransferSettings settings, TransferReport report, TransferCounters counters)
    {
        _client = client;
        _surroundings = surroundings;
        _settings = settings;
        _report = report;
        _counters = counters;
        _directories = new RemoteDirectories(client, report, counters, settings.Jobs);
    }

    /// <param name="sources">Local paths, or "-" for standard input.</param>
    /// <param name="target">As given: a trailing slash says that it is a directory.</param>
    public async Task RunAsync(IReadOnlyList<string> sources, string target, CancellationToken cancellation)
    {
        string path = Names.Absolute(target);
        bool into = await IsDirectoryAsync(path, cancellation).ConfigureAwait(false);
        if (!into && (sources.Count > 1 || target.EndsWith('/')))
        {
            throw new CommandFailure($"{path}: no such directory; create it with 'dfs mkdir -p {path}'");
        }

        try
        {
            await Parallel.ForEachAsync(
                FindAsync(sources, path, into, cancellation),
                new ParallelOptions { MaxDegreeOfParallelism = _settings.Jobs, CancellationToken = cancellation },
                PutAsync).ConfigureAwait(false);
        }
        finally
        {
            // Waited for even when the files failed, whose reason is then the one to tell.
            await _directories.WhenAllAsync().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await _directories.WhenAllAsync().ConfigureAwait(false);
    }

    public void Dispose()
    {
        _directories.Dispose();
        _largeTurns.Dispose();
    }

    private async Task<bool> IsDirectoryAsync(string path, CancellationToken cancellation)
    {
        try
        {
            return (await _client.StatAsync(path, cancellation).ConfigureAwait(false)).IsDirectory;
        }
        catch (DfsException error) when (error.Code == ErrorCode.NotFound)
        {
            return false;
        }
        catch (DfsException error)
        {
            throw new CommandFailure(ErrorLines.At(path, error));
        }
    }

    private async IAsyncEnumerable<PutWork> FindAsync(
        IReadOnlyList<string> sources, string target, bool into, [EnumeratorCancellation] CancellationToken cancellation)
    {
        // Trees are walked while files are sent; the disk's answers must not hold up the first sends.
        await Task.Yield();
        foreach (string source in sources)
        {
            var entry = source == "-" ? null : LocalFiles.Inspect(source, followLinks: true);
            if (entry is { Kind: LocalKind.Directory } && _settings.Recursive)
            {
                string root = into && NameOf(source) is { } name ? Names.Combine(target, name) : target;
                foreach (var work in FindTree(entry, root, cancellation))
                {
                    yield return work;
                }
            }
            else if (Single(source, entry, target, into) is { } work)
            {
                _counters.Found(entry?.Length ?? 0);
                yield return work;
            }
        }

        _counters.Complete = true;
    }

    private PutWork? Single(string source, LocalEntry? entry, string target, bool into)
    {
        string? problem = entry switch
        {
            null when into => "standard input needs the name of a file as its target",
            { Kind: LocalKind.Missing } => "no such file or directory",
            { Kind: LocalKind.Directory } => "is a directory; use -r",
            _ => null,
        };
        if (problem is not null)
        {
            _report.Failed(source, problem);
            return null;
        }

        string path = into ? Names.Combine(target, NameOf(source) ?? source) : target;
        return new PutWork(entry, source, path, null);
    }

    private IEnumerable<PutWork> FindTree(LocalEntry root, string target, CancellationToken cancellation)
    {
        _ = _directories.Start(target, null, cancellation);
        foreach (var item in LocalTree.Walk(root, _settings.FollowLinks))
        {
            string path = Names.Combine(target, item.Relative);
            int slash = item.Relative.LastIndexOf('/');
            string parent = slash < 0 ? target : Names.Combine(target, item.Relative[..slash]);
            if (item.Problem.Length != 0)
            {
                Tell(item);
            }
            else if (item.Entry.Kind == LocalKind.Directory)
            {
                _ = _directories.Start(path, parent, cancellation);
            }
            else
            {
                _counters.Found(item.Entry.Length);
                yield return new PutWork(item.Entry, item.Entry.Path, path, _directories.Of(parent));
            }
        }
    }

    private void Tell(LocalTreeItem item)
    {
        if (item.Failed)
        {
            _report.Failed(item.Entry.Path, item.Problem);
        }
        else
        {
            _report.Skipped(item.Entry.Path, item.Problem);
        }
    }

    private async ValueTask PutAsync(PutWork work, CancellationToken cancellation)
    {
        try
        {
            if (work.Directory is not null && !await work.Directory.WaitAsync(cancellation).ConfigureAwait(false))
            {
                _report.Failed(
                    work.Source, $"its directory {Names.Printable(work.Target[..work.Target.LastIndexOf('/')])} could not be made");
                return;
            }

            var options = new DfsPutOptions { Overwrite = _settings.Overwrite };
            options = work.Entry is { Kind: LocalKind.File } entry ? options with { PermissionBits = entry.PermissionBits } : options;
            if (work.Entry is not { Kind: LocalKind.File, Length: <= TransferSettings.SmallFileMax }
                || !await PutSmallAsync(work.Entry, work.Target, options, cancellation).ConfigureAwait(false))
            {
                await PutLargeAsync(work, options, cancellation).ConfigureAwait(false);
            }

            _counters.FileDone();
        }
        catch (DfsException error)
        {
            _report.Failed(work.Target, error, error.Code switch
            {
                ErrorCode.AlreadyExists => "use -f to overwrite",
                ErrorCode.NotFound => "create its directory with 'dfs mkdir -p'",
                _ => "",
            });
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            _report.Failed(work.Source, error);
        }
    }

    /// <summary>False when the file has grown beyond what it was.</summary>
    private async Task<bool> PutSmallAsync(LocalEntry entry, string target, DfsPutOptions options, CancellationToken cancellation)
    {
        // One more than expected shows a file that grows.
        int room = (int)entry.Length + 1;
        byte[] buffer = ArrayPool<byte>.Shared.Rent(room);
        try
        {
            int length = 0;
            var file = LocalFiles.OpenRead(entry.Path);
            await using (file.ConfigureAwait(false))
            {
                length =
                    await file.ReadAtLeastAsync(buffer.AsMemory(0, room), room, throwOnEndOfStream: false, cancellation).ConfigureAwait(
                        false);
            }

            if (length == room)
            {
                return false;
            }

            var stored = await _client.PutAsync(target, buffer.AsMemory(0, length), options, cancellation).ConfigureAwait(false);
            Check(stored, length);
            _counters.AddBytes(length);
            return true;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async Task PutLargeAsync(PutWork work, DfsPutOptions options, CancellationToken cancellation)
    {
        await _largeTurns.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            if (!options.Overwrite && await IsThereAsync(work.Target, cancellation).ConfigureAwait(false))
            {
                // The last step would refuse it as well, after all of its bytes had been sent for nothing.
                throw new DfsException(ErrorCode.AlreadyExists, "put", $"{work.Target} exists");
            }

            var source = work.Entry is null ? _surroundings.OpenInput() : LocalFiles.OpenRead(work.Entry.Path);
            await using (source.ConfigureAwait(false))
            {
                var counted = new CountingStream(source);
                var stored = await _client.PutAsync(work.Target, counted, options, _counters.ForFile(), cancellation).ConfigureAwait(false);
                Check(stored, counted.BytesRead);
            }
        }
        finally
        {
            _largeTurns.Release();
        }
    }

    private async Task<bool> IsThereAsync(string path, CancellationToken cancellation)
    {
        try
        {
            await _client.StatAsync(path, cancellation).ConfigureAwait(false);
            return true;
        }
        catch (DfsException error) when (error.Code == ErrorCode.NotFound)
        {
            return false;
        }
    }

    private static void Check(DfsPutResult stored, long length)
    {
        if (stored.Length != length)
        {
            throw new DfsException(ErrorCode.Internal, "put", $"{length} bytes were read, {stored.Length} stored");
        }
    }

    /// <summary>The name a source gets below a directory; null for ".", ".." and the root, whose content is meant.</summary>
    private static string? NameOf(string source)
    {
        string name = Path.GetFileName(Path.TrimEndingDirectorySeparator(source));
        return name is "" or "." or ".." ? null : name;
    }

    /// <param name="Entry">Null for standard input.</param>
    /// <param name="Directory">The directory it waits for, when that is made by this transfer.</param>
    private sealed record PutWork(LocalEntry? Entry, string Source, string Target, Task<bool>? Directory);
}
