using System.Globalization;
using System.Runtime.CompilerServices;
using DfsNet.Cli.Local;
using DfsNet.Client;
using DfsNet.Protocol.Wire;

namespace DfsNet.Cli.Transfers;

/// <summary>
/// Fetches files and trees. Each file grows under a temporary name beside its target and gets its own name when it is whole.
/// </summary>
internal sealed class GetTransfer(
    DfsClient client, Surroundings surroundings, TransferSettings settings, TransferReport report, TransferCounters counters) : IDisposable
{
    private const string ExistsAlready = "already exists; use -f to overwrite";

    private readonly SemaphoreSlim _largeTurns = new(TransferSettings.LargeFilesAtOnce);

    /// <param name="target">A local path; a trailing separator says that it is a directory.</param>
    public async Task RunAsync(IReadOnlyList<string> sources, string target, CancellationToken cancellation)
    {
        bool into = LocalFiles.Inspect(target, followLinks: true).Kind == LocalKind.Directory;
        if (!into && (sources.Count > 1 || Path.EndsInDirectorySeparator(target)))
        {
            throw new CommandFailure($"{target}: no such directory; create it first");
        }

        await Parallel.ForEachAsync(
            FindAsync(sources, target, into, cancellation),
            new ParallelOptions { MaxDegreeOfParallelism = settings.Jobs, CancellationToken = cancellation },
            GetAsync).ConfigureAwait(false);
    }

    /// <summary>Writes files one after the other to standard output.</summary>
    public async Task CopyToOutputAsync(IReadOnlyList<string> sources, CancellationToken cancellation)
    {
        var output = surroundings.OpenOutput();
        await using (output.ConfigureAwait(false))
        {
            foreach (string source in sources)
            {
                string path = Names.Absolute(source);
                try
                {
                    counters.Found(0);
                    await client.GetAsync(path, output, counters.ForFile(), cancellation).ConfigureAwait(false);
                    counters.FileDone();
                }
                catch (DfsException error)
                {
                    report.Failed(path, error);
                }
            }

            counters.Complete = true;
            await output.FlushAsync(cancellation).ConfigureAwait(false);
        }
    }

    public void Dispose() => _largeTurns.Dispose();

    private async IAsyncEnumerable<GetWork> FindAsync(
        IReadOnlyList<string> sources, string target, bool into, [EnumeratorCancellation] CancellationToken cancellation)
    {
        foreach (string source in sources)
        {
            string path = Names.Absolute(source);
            var info = await StatAsync(path, cancellation).ConfigureAwait(false);
            if (info is null)
            {
                continue;
            }

            string local = into && info.Name.Length != 0 ? Path.Combine(target, info.Name) : target;
            if (!info.IsDirectory)
            {
                counters.Found(info.Length);
                yield return new GetWork(info, local);
            }
            else if (!settings.Recursive)
            {
                report.Failed(path, "is a directory; use -r");
            }
            else
            {
                await foreach (var work in FindTreeAsync(info, local, cancellation).ConfigureAwait(false))
                {
                    yield return work;
                }
            }
        }

        counters.Complete = true;
    }

    private async Task<DfsFileInfo?> StatAsync(string path, CancellationToken cancellation)
    {
        try
        {
            return await client.StatAsync(path, cancellation).ConfigureAwait(false);
        }
        catch (DfsException error)
        {
            report.Failed(path, error);
            return null;
        }
    }

    private async IAsyncEnumerable<GetWork> FindTreeAsync(
        DfsFileInfo root, string target, [EnumeratorCancellation] CancellationToken cancellation)
    {
        MakeDirectory(root.Path, target);
        int prefix = root.Path == "/" ? 1 : root.Path.Length + 1;
        await foreach (var info in client.ListAsync(root.Path, new DfsListOptions { Recursive = true }, cancellation).ConfigureAwait(false))
        {
            string relative = info.Path[prefix..];
            if (!IsLocalName(relative))
            {
                report.Failed(info.Path, "this system cannot have a file of that name");
                continue;
            }

            string local = Path.Combine(target, relative.Replace('/', Path.DirectorySeparatorChar));
            if (info.IsDirectory)
            {
                MakeDirectory(info.Path, local);
            }
            else
            {
                counters.Found(info.Length);
                yield return new GetWork(info, local);
            }
        }
    }

    private void MakeDirectory(string source, string local)
    {
        try
        {
            LocalFiles.CreateDirectory(local);
            counters.DirectoryDone();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            report.Failed(source, error);
        }
    }

    private async ValueTask GetAsync(GetWork work, CancellationToken cancellation)
    {
        bool large = work.Info.Length > TransferSettings.SmallFileMax;
        if (large)
        {
            await _largeTurns.WaitAsync(cancellation).ConfigureAwait(false);
        }

        try
        {
            await FetchAsync(work, cancellation).ConfigureAwait(false);
            counters.FileDone();
        }
        catch (DfsException error)
        {
            report.Failed(work.Info.Path, error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or CommandFailure)
        {
            report.Failed(work.Local, error);
        }
        finally
        {
            if (large)
            {
                _largeTurns.Release();
            }
        }
    }

    private async Task FetchAsync(GetWork work, CancellationToken cancellation)
    {
        var existing = LocalFiles.Inspect(work.Local, followLinks: false).Kind;
        if (existing == LocalKind.Directory)
        {
            throw new CommandFailure("is a directory here");
        }

        if (existing == LocalKind.Special)
        {
            // A finished file takes the name of what was there: that must not happen to /dev/null.
            throw new CommandFailure("is a pipe, socket or device here; write to it with 'dfs get PATH - > FILE'");
        }

        if (existing != LocalKind.Missing && !settings.Overwrite)
        {
            throw new CommandFailure(ExistsAlready);
        }

        string folder = Path.GetDirectoryName(work.Local) ?? "";
        if (folder.Length != 0 && LocalFiles.Inspect(folder, followLinks: true).Kind != LocalKind.Directory)
        {
            throw new CommandFailure($"there is no directory {Names.Printable(folder)} here; create it first");
        }

        string temporary = Path.Combine(folder, TemporaryName());
        bool published = false;
        var file = LocalFiles.CreateNew(temporary, work.Info.Mode);
        try
        {
            await using (file.ConfigureAwait(false))
            {
                var got = await client.GetAsync(work.Info.Path, file, counters.ForFile(), cancellation).ConfigureAwait(false);
                if (file.Length != got.Length)
                {
                    throw new DfsException(ErrorCode.Internal, "get", $"{file.Length} bytes arrived, the file has {got.Length}");
                }
            }

            LocalFiles.Publish(temporary, work.Local, settings.Overwrite);
            published = true;
        }
        catch (IOException) when (!settings.Overwrite && LocalFiles.Inspect(work.Local, followLinks: false).Kind != LocalKind.Missing)
        {
            // It came while this one was on its way: another source of the same name, or somebody else's.
            throw new CommandFailure(ExistsAlready);
        }
        finally
        {
            if (!published)
            {
                LocalFiles.Delete(temporary);
            }
        }
    }

    // Short whatever the target's name is: a name of 255 bytes leaves no room for a suffix.
    private string TemporaryName() =>
        string.Create(CultureInfo.InvariantCulture, $".dfs-get-{surroundings.Random.NextInt64():x16}");

    // Names are bytes without '/'; where '\' or ':' mean something, such a name could lead elsewhere.
    private static bool IsLocalName(string relative) =>
        Path.DirectorySeparatorChar == '/' || relative.AsSpan().IndexOfAny('\\', ':') < 0;

    /// <summary>A file to fetch, and where to.</summary>
    private sealed record GetWork(DfsFileInfo Info, string Local);
}
