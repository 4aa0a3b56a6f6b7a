using DfsNet.Client;
using DfsNet.Protocol.Wire;

namespace DfsNet.Cli.Transfers;

/// <summary>
/// Creates the directories of a tree side by side, each after its parent. Files wait for their directory's task; it gives false when the
/// directory could not be made, which was then reported once.
/// </summary>
internal sealed class RemoteDirectories(DfsClient client, TransferReport report, TransferCounters counters, int atOnce) : IDisposable
{
    private readonly SemaphoreSlim _turns = new(atOnce);
    private readonly Dictionary<string, Task<bool>> _known = new(StringComparer.Ordinal);

    /// <summary>Starts to create a directory; an existing one is taken as it is. Called in the order of the tree by one caller.</summary>
    public Task<bool> Start(string path, string? parent, CancellationToken cancellation)
    {
        var after = parent is not null && _known.TryGetValue(parent, out var known) ? known : Task.FromResult(true);
        return _known[path] = CreateAsync(path, after, cancellation);
    }

    /// <summary>The task of a directory that was started.</summary>
    public Task<bool> Of(string path) => _known[path];

    /// <summary>Ends when every directory is made; empty ones have no file that waits for them.</summary>
    public Task WhenAllAsync() => Task.WhenAll(_known.Values);

    public void Dispose() => _turns.Dispose();

    private async Task<bool> CreateAsync(string path, Task<bool> after, CancellationToken cancellation)
    {
        if (!await after.ConfigureAwait(false))
        {
            return false;
        }

        await _turns.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            await client.CreateDirectoryAsync(path, parents: true, cancellation).ConfigureAwait(false);
            counters.DirectoryDone();
            return true;
        }
        catch (DfsException error) when (error.Code == ErrorCode.AlreadyExists)
        {
            // Existing directories are no error here.
            report.Failed(path, "is a file where a directory is needed; remove it, or choose another target");
            return false;
        }
        catch (DfsException error)
        {
            report.Failed(path, error);
            return false;
        }
        finally
        {
            _turns.Release();
        }
    }
}
