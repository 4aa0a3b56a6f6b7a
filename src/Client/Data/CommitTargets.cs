using DfsNet.Client.Metadata;
using DfsNet.Protocol.Wire;

namespace DfsNet.Client.Data;

/// <summary>Where committed slices go.</summary>
internal interface ICommitTarget
{
    /// <summary>Whether a flush makes bytes visible; otherwise only <see cref="FinishAsync"/> does.</summary>
    bool IsVisible { get; }

    /// <summary>Whether offsets are chosen by the metadata server when it applies the commit.</summary>
    bool AtEnd { get; }

    Task<CommandResult> CommitAsync(CommitBatch batch, CallDeadline deadline, CancellationToken cancellation);

    /// <summary>The last commit; its slices may be none.</summary>
    Task<CommandResult> FinishAsync(CommitBatch batch, CallDeadline deadline, CancellationToken cancellation);

    /// <summary>Nothing more comes and there was no finish: what is in nobody's sight may go.</summary>
    Task AbandonAsync(CallDeadline deadline);
}

/// <summary>A file that has its name already.</summary>
internal sealed class OpenedFile(Session session, ulong inode, bool atEnd) : ICommitTarget
{
    public bool IsVisible => true;

    public bool AtEnd => atEnd;

    public Task<CommandResult> CommitAsync(CommitBatch batch, CallDeadline deadline, CancellationToken cancellation)
    {
        var commit = new Commit { Inode = inode, AtEnd = atEnd, Slices = { batch.Slices }, Chunks = { batch.Updates } };
        return session.SubmitAsync("commit", new ClientCommand { Commit = commit }, deadline, cancellation);
    }

    public Task<CommandResult> FinishAsync(CommitBatch batch, CallDeadline deadline, CancellationToken cancellation) =>
        batch.Slices.Count == 0 ? Task.FromResult(new CommandResult { Inode = inode }) : CommitAsync(batch, deadline, cancellation);

    public Task AbandonAsync(CallDeadline deadline) => Task.CompletedTask;
}

/// <summary>
/// A file that appears as a whole at the end. What fits one commit is one command; larger content is staged under no name and linked at the
/// end.
/// </summary>
internal sealed class NewFile(
    Session session, DfsPath path, ulong directory, bool overwrite, bool createParents, uint mode) : ICommitTarget
{
    private ulong _staged;

    public bool IsVisible => false;

    public bool AtEnd => false;

    public async Task<CommandResult> CommitAsync(CommitBatch batch, CallDeadline deadline, CancellationToken cancellation)
    {
        if (_staged == 0)
        {
            _staged = await StageAsync(deadline, cancellation).ConfigureAwait(false);
        }

        var commit = new Commit { Inode = _staged, Slices = { batch.Slices }, Chunks = { batch.Updates } };
        return await session.SubmitAsync("commit", new ClientCommand { Commit = commit }, deadline, cancellation).ConfigureAwait(false);
    }

    public Task<CommandResult> FinishAsync(CommitBatch batch, CallDeadline deadline, CancellationToken cancellation)
    {
        var condition = new Condition { MustNotExist = !overwrite };
        var command = _staged == 0
            ? new ClientCommand
            {
                CreateFile = new CreateFile
                {
                    Target = path.ToReference(),
                    Mode = mode,
                    MakeParents = createParents,
                    Condition = condition,
                    Slices = { batch.Slices },
                    Chunks = { batch.Updates },
                },
            }
            : new ClientCommand
            {
                LinkStaged = new LinkStaged
                {
                    Inode = _staged,
                    Target = path.ToReference(),
                    Condition = condition,
                    MakeParents = createParents,
                    Slices = { batch.Slices },
                    Chunks = { batch.Updates },
                },
            };
        return session.SubmitAsync($"create {path.Text}", command, deadline, cancellation);
    }

    private async Task<ulong> StageAsync(CallDeadline deadline, CancellationToken cancellation)
    {
        try
        {
            return await session.StageAsync(directory, mode, deadline, cancellation).ConfigureAwait(false);
        }
        catch (DfsException error) when (error.Code == ErrorCode.NotFound && directory != 0)
        {
            // The directory went meanwhile; whether that matters shows when the file gets its name.
            return await session.StageAsync(0, mode, deadline, cancellation).ConfigureAwait(false);
        }
    }

    // Should it have been linked after all (its outcome was unknown), the drop is refused.
    public Task AbandonAsync(CallDeadline deadline) => _staged == 0
        ? Task.CompletedTask
        : session.DropStagedAsync(_staged, deadline, CancellationToken.None);
}
