using DfsNet.Client;
using DfsNet.Simulation.Checkers.Contents;
using DfsNet.Simulation.Checkers.Linearizability;

namespace DfsNet.Simulation.Checkers.Recording;

/// <summary>Asks a real client for the operations of a history, and records what it says.</summary>
internal sealed class NamespaceCaller(NamespaceHistory history)
{
    // A file that changes under every attempt to read it as a whole is given up: the outcome is unknown then.
    private const int ReadAttemptsMax = 20;

    /// <summary>
    /// Asks, and records: also the error, which is thrown on. A call whose process dies never ends, and so has an unknown outcome.
    /// </summary>
    public async Task<RecordedCall> CallAsync(
        int number, DfsClient client, NamespaceOperation operation, CancellationToken cancellation = default)
    {
        var call = history.Begin(number, operation);
        try
        {
            await CallAsync(client, call, cancellation).ConfigureAwait(false);
            return call;
        }
        catch (DfsException error)
        {
            call.Fail(error.Code);
            throw;
        }
        catch (OperationCanceledException)
        {
            call.Unknown();
            throw;
        }
    }

    private async Task CallAsync(DfsClient client, RecordedCall call, CancellationToken cancellation)
    {
        string path = call.Operation.Path.Text;
        switch (call.Operation)
        {
            case ReadCall:
                await ReadAsync(client, call, cancellation).ConfigureAwait(false);
                return;
            case StatCall:
                call.Succeed(SeenOf(await client.StatAsync(path, cancellation).ConfigureAwait(false), ""));
                return;
            case ListCall:
                await ListAsync(client, call, cancellation).ConfigureAwait(false);
                return;
            case MakeDirectoryCall make:
                await client.CreateDirectoryAsync(path, make.Parents, cancellation).ConfigureAwait(false);
                break;
            case RemoveDirectoryCall:
                await client.DeleteDirectoryAsync(path, recursive: false, cancellation).ConfigureAwait(false);
                break;
            case PutCall put:
                var options = new DfsPutOptions { Overwrite = put.Overwrite, CreateParents = put.Parents };
                byte[] content = Pattern.Make(put.Pattern, 0, (int)put.Length);
                await client.PutAsync(path, content, options, cancellation).ConfigureAwait(false);
                break;
            case DeleteCall:
                await client.DeleteFileAsync(path, cancellation).ConfigureAwait(false);
                break;
            case MoveCall move:
                await client.MoveAsync(path, move.Target.Text, move.Replace, cancellation).ConfigureAwait(false);
                break;
            case TruncateCall truncate:
                await client.TruncateAsync(path, truncate.Length, cancellation).ConfigureAwait(false);
                break;
            default:
                throw new ArgumentException($"no call of a client: {call.Operation}", nameof(call));
        }

        call.Succeed();
    }

    /// <summary>
    /// One read gives bytes of one version of the file. They are all of that version when they are as many as the file has, before and
    /// after.
    /// </summary>
    private async Task ReadAsync(DfsClient client, RecordedCall call, CancellationToken cancellation)
    {
        await using var stream = await client.OpenReadAsync(call.Operation.Path.Text, cancellation).ConfigureAwait(false);
        for (int attempt = 0; attempt < ReadAttemptsMax; attempt++)
        {
            byte[] bytes = new byte[stream.Length];
            stream.Position = 0;
            int read = await stream.ReadAsync(bytes, cancellation).ConfigureAwait(false);
            if (read == bytes.Length && stream.Length == read)
            {
                call.Succeed(SeenContent.Of(bytes, history.Chronicle.NameOf));
                return;
            }
        }

        call.Unknown();
    }

    private static async Task ListAsync(DfsClient client, RecordedCall call, CancellationToken cancellation)
    {
        var seen = new List<SeenName>();
        string path = call.Operation.Path.Text;
        await foreach (var entry in client.ListAsync(path, null, cancellation).ConfigureAwait(false))
        {
            seen.Add(SeenOf(entry, entry.Path == path ? "" : entry.Name));
        }

        call.Succeed(seen);
    }

    private static SeenName SeenOf(DfsFileInfo entry, string name) => new(name, entry.IsDirectory, entry.Length);
}
