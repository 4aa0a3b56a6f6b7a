using System.Runtime.CompilerServices;
using DfsNet.Client.Metadata;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;
using Google.Protobuf;

namespace DfsNet.Client;

/// <summary>What the client does with names: look up, list, create, remove, move.</summary>
internal sealed class Names(MetadataConnection connection, SessionHolder sessions)
{
    // Files of a directory that are removed at the same time: enough to hide the round trips, few enough to be fair to others.
    private const int RemovalsAtOnce = 16;

    /// <summary>How many replicas files get, by their directory.</summary>
    public DirectoryPolicies Policies { get; } = new(
        async (target, cancellation) =>
        {
            var reply = await connection.CallAsync(
                "look up a policy", (client, call) => client.LookupAsync(new LookupRequest { Target = target }, call),
                connection.NewDeadline(), cancellation).ConfigureAwait(false);
            return reply.Attributes;
        },
        connection.Time);

    /// <summary>Finds a metadata server that answers.</summary>
    public Task ConnectAsync(CallDeadline deadline, CancellationToken cancellation) =>
        LookupAsync(new PathRef(), "connect", deadline, cancellation);

    public async Task<DfsFileInfo> StatAsync(DfsPath path, CancellationToken cancellation) => DfsFileInfo.From(
        path.Text,
        await LookupAsync(path.ToReference(), $"stat {path.Text}", connection.NewDeadline(), cancellation).ConfigureAwait(false));

    public async Task<Attributes> LookupAsync(PathRef target, string step, CallDeadline deadline, CancellationToken cancellation)
    {
        var request = new LookupRequest { Target = target };
        var reply =
            await connection.CallAsync(step, (client, call) => client.LookupAsync(request, call), deadline, cancellation).ConfigureAwait(
                false);
        return reply.Attributes;
    }

    public async IAsyncEnumerable<DfsFileInfo> ListAsync(
        DfsPath path, DfsListOptions options, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var itself = await StatAsync(path, cancellation).ConfigureAwait(false);
        if (!itself.IsDirectory)
        {
            yield return itself;
            yield break;
        }

        // Depth first, with the place in each directory on the way down: memory grows with the depth, not with the tree.
        var open = new Stack<IAsyncEnumerator<DfsFileInfo>>();
        try
        {
            open.Push(
                EntriesAsync(path.Text, path.ToReference(), options.After, options.PageSize, cancellation).GetAsyncEnumerator(
                    cancellation));
            while (open.TryPeek(out var directory))
            {
                if (!await MoveNextAsync(directory, mayVanish: open.Count > 1).ConfigureAwait(false))
                {
                    await open.Pop().DisposeAsync().ConfigureAwait(false);
                    continue;
                }

                var entry = directory.Current;
                yield return entry;
                if (options.Recursive && entry.IsDirectory)
                {
                    var below = EntriesAsync(entry.Path, new PathRef { Inode = entry.Inode }, "", options.PageSize, cancellation);
                    open.Push(below.GetAsyncEnumerator(cancellation));
                }
            }
        }
        finally
        {
            while (open.TryPop(out var directory))
            {
                await directory.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    public Task CreateDirectoryAsync(DfsPath path, bool parents, CancellationToken cancellation)
    {
        const uint permissionBits = 0b111_101_101;
        var make = new MakeDirectory { Target = path.ToReference(), Mode = permissionBits, MakeParents = parents };
        return SubmitAsync($"create directory {path.Text}", new ClientCommand { MakeDirectory = make }, cancellation);
    }

    public Task DeleteFileAsync(DfsPath path, CancellationToken cancellation) =>
        SubmitAsync($"delete {path.Text}", new ClientCommand { Unlink = new Unlink { Target = path.ToReference() } }, cancellation);

    public async Task DeleteDirectoryAsync(DfsPath path, bool recursive, CancellationToken cancellation)
    {
        if (path.IsRoot)
        {
            throw new DfsException(ErrorCode.InvalidArgument, "delete /", "the root directory cannot be removed");
        }

        if (recursive)
        {
            var itself = await StatAsync(path, cancellation).ConfigureAwait(false);
            if (!itself.IsDirectory)
            {
                throw new DfsException(ErrorCode.NotADirectory, $"delete {path.Text}", $"{path.Text} is not a directory");
            }

            await EmptyAsync(itself.Path, itself.Inode, cancellation).ConfigureAwait(false);
        }

        var remove = new ClientCommand { RemoveDirectory = new RemoveDirectory { Target = path.ToReference() } };
        await SubmitAsync($"delete directory {path.Text}", remove, cancellation).ConfigureAwait(false);
    }

    public Task MoveAsync(DfsPath source, DfsPath target, bool replace, CancellationToken cancellation)
    {
        var rename = new Rename { Source = source.ToReference(), Target = target.ToReference(), NoReplace = !replace };
        return SubmitAsync($"move {source.Text} to {target.Text}", new ClientCommand { Rename = rename }, cancellation);
    }

    /// <summary>Sets a policy in bounded steps: each takes so many slices of a file along.</summary>
    public async Task SetReplicationAsync(DfsPath path, int replication, CancellationToken cancellation)
    {
        var policy = new SetPolicy { Target = path.ToReference(), Replication = (uint)Math.Max(0, replication) };
        while (true)
        {
            var result = await SubmitAsync($"set policy of {path.Text}", new ClientCommand { SetPolicy = policy }, cancellation)
                .ConfigureAwait(false);
            if (!result.More)
            {
                return;
            }

            policy.FromOffset = result.FileOffset;
        }
    }

    public async Task TruncateAsync(DfsPath path, long length, CancellationToken cancellation)
    {
        var file = await StatAsync(path, cancellation).ConfigureAwait(false);
        if (file.IsDirectory)
        {
            throw new DfsException(ErrorCode.IsADirectory, $"truncate {path.Text}", $"{path.Text} is a directory");
        }

        var session = (await sessions.GetAsync(connection.NewDeadline(), cancellation).ConfigureAwait(false)).Session;
        await TruncateAsync(session, file.Inode, path.Text, length, cancellation).ConfigureAwait(false);
    }

    /// <summary>Cuts in bounded steps: each drops so many slices.</summary>
    public async Task TruncateAsync(Session session, ulong inode, string path, long length, CancellationToken cancellation)
    {
        if (length is < 0 or > Limits.FileLengthMax)
        {
            throw new DfsException(
                ErrorCode.InvalidArgument, $"truncate {path}", $"{path}: length {length} is not between 0 and {Limits.FileLengthMax}");
        }

        var command = new ClientCommand { Truncate = new Truncate { Inode = inode, Length = (ulong)length } };
        while ((await session.SubmitAsync($"truncate {path}", command, connection.NewDeadline(), cancellation).ConfigureAwait(false)).More)
        {
            cancellation.ThrowIfCancellationRequested();
        }
    }

    private async Task EmptyAsync(string path, ulong inode, CancellationToken cancellation)
    {
        var removals = new List<Task>();
        await foreach (var entry in EntriesAsync(path, new PathRef { Inode = inode }, "", 0, cancellation).ConfigureAwait(false))
        {
            var target = new PathRef { Inode = inode, Path = ByteString.CopyFromUtf8(entry.Name) };
            if (entry.IsDirectory)
            {
                await EmptyAsync(entry.Path, entry.Inode, cancellation).ConfigureAwait(false);
                removals.Add(
                    RemoveAsync(entry.Path, new ClientCommand { RemoveDirectory = new RemoveDirectory { Target = target } }, cancellation));
            }
            else
            {
                removals.Add(RemoveAsync(entry.Path, new ClientCommand { Unlink = new Unlink { Target = target } }, cancellation));
            }

            if (removals.Count == RemovalsAtOnce)
            {
                await Task.WhenAll(removals).ConfigureAwait(false);
                removals.Clear();
            }
        }

        await Task.WhenAll(removals).ConfigureAwait(false);
    }

    // Somebody else may have removed it first: it is gone, which is what was wanted.
    private async Task RemoveAsync(string path, ClientCommand command, CancellationToken cancellation)
    {
        try
        {
            await SubmitAsync($"delete {path}", command, cancellation).ConfigureAwait(false);
        }
        catch (DfsException error) when (error.Code == ErrorCode.NotFound)
        {
            return;
        }
    }

    private async Task<CommandResult> SubmitAsync(string step, ClientCommand command, CancellationToken cancellation)
    {
        var deadline = connection.NewDeadline();
        while (true)
        {
            var session = (await sessions.GetAsync(deadline, cancellation).ConfigureAwait(false)).Session;
            try
            {
                return await session.SubmitAsync(step, command, deadline, cancellation).ConfigureAwait(false);
            }
            catch (DfsException error) when (error.Code == ErrorCode.SessionEnded && !deadline.IsOver)
            {
                // It certainly took no effect: a new session may try it.
                cancellation.ThrowIfCancellationRequested();
            }
        }
    }

    private async IAsyncEnumerable<DfsFileInfo> EntriesAsync(
        string path, PathRef directory, string after, int pageSize, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var last = DfsPath.EncodeName(after);
        while (true)
        {
            var request =
                new ListRequest { Directory = directory, After = last, Limit = (uint)Math.Clamp(pageSize, 0, Limits.ListPageMax) };
            var page = await connection.CallAsync(
                $"list {path}", (client, call) =>
                    client.ListAsync(request, call), connection.NewDeadline(), cancellation).ConfigureAwait(false);
            foreach (var entry in page.Entries)
            {
                yield return DfsFileInfo.From(DfsPath.Join(path, entry.Name), entry.Attributes);
            }

            if (!page.More || page.Entries.Count == 0)
            {
                yield break;
            }

            last = page.Entries[^1].Name;
        }
    }

    // A directory that was seen a moment ago may be gone when its turn comes.
    private static async ValueTask<bool> MoveNextAsync(IAsyncEnumerator<DfsFileInfo> entries, bool mayVanish)
    {
        try
        {
            return await entries.MoveNextAsync().ConfigureAwait(false);
        }
        catch (DfsException error) when (mayVanish && error.Code is ErrorCode.NotFound or ErrorCode.NotADirectory)
        {
            return false;
        }
    }
}
