using System.Threading.Channels;
using DfsNet.Consensus;
using DfsNet.MetaServer.State;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Replication;

/// <summary>
/// The one owner of the state machine: applies committed entries in order, answers their callers, and begins and ends leadership between
/// two entries, so that the soft state of a leader is in step with the record from its first moment.
/// </summary>
internal sealed class Applier(StateMachine state, Action<ulong> applied, LeadershipCalls lead)
{
    // The core hands out a bounded number of bytes that are not applied yet.
    private readonly Channel<Work> _work = Channel.CreateUnbounded<Work>(new UnboundedChannelOptions { SingleReader = true });
    private ulong _leadingTerm;
    private bool _isLeading;

    /// <summary>Committed entries, with whoever waits for them.</summary>
    public void Apply(IReadOnlyList<(Entry Entry, Proposal? Proposal)> batch) => _work.Writer.TryWrite(new Batch(batch));

    /// <summary>This node leads in a term: leadership begins with the first entry of that term.</summary>
    public void Lead(ulong term) => _work.Writer.TryWrite(new Change(term));

    /// <summary>This node does not lead any more.</summary>
    public void Resign() => _work.Writer.TryWrite(new Change(0));

    /// <summary>Runs something between two entries; the state machine is its own meanwhile.</summary>
    public Task RunBetweenAsync(Func<Task> work)
    {
        var between = new Between(work, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        return _work.Writer.TryWrite(between)
            ? between.Done.Task
            : Task.FromException(new DfsException(ErrorCode.Unavailable, "apply", "the metadata server is stopping"));
    }

    /// <summary>Nothing more comes; the loop ends when all is applied.</summary>
    public void Close() => _work.Writer.TryComplete();

    /// <summary>Runs until closed; throws when the store failed.</summary>
    public async Task RunAsync()
    {
        try
        {
            await foreach (var work in _work.Reader.ReadAllAsync().ConfigureAwait(false))
            {
                await TakeAsync(work).ConfigureAwait(false);
            }
        }
        finally
        {
            Close();
            EndLeadership();
            FailRest();
        }
    }

    private async Task TakeAsync(Work work)
    {
        switch (work)
        {
            case Batch batch:
                Apply(batch);
                break;
            case Change change:
                EndLeadership();
                _leadingTerm = change.Term;
                break;
            case Between between:
                await RunAsync(between).ConfigureAwait(false);
                break;
        }
    }

    private void Apply(Batch batch)
    {
        int done = 0;
        try
        {
            for (; done < batch.Entries.Count; done++)
            {
                var (entry, proposal) = batch.Entries[done];
                Apply(entry, proposal);
            }
        }
        catch
        {
            foreach (var (_, proposal) in batch.Entries.Skip(done))
            {
                proposal?.Fail(Undecided.Failure());
            }

            throw;
        }

        applied(batch.Entries[^1].Entry.Point.Index);
    }

    private void Apply(Entry entry, Proposal? proposal)
    {
        switch (entry.Kind)
        {
            case EntryKind.Command:
                var result = state.Apply(entry.Point, proposal?.Command ?? LogEntryFormat.ReadCommand(entry.Body.Span));
                if (_isLeading)
                {
                    lead.Observe(result);
                }

                proposal?.Complete(result.Result);
                break;
            case EntryKind.Membership:
                state.ApplyMembership(entry.Point, entry.Body);
                break;
            default:
                state.Skip(entry.Point);
                break;
        }

        if (!_isLeading && _leadingTerm != 0 && entry.Point.Term == _leadingTerm)
        {
            _isLeading = lead.TryBegin(_leadingTerm);
        }
    }

    private void EndLeadership()
    {
        _leadingTerm = 0;
        if (_isLeading)
        {
            _isLeading = false;
            lead.End();
        }
    }

    private void FailRest()
    {
        while (_work.Reader.TryRead(out var work))
        {
            if (work is Batch batch)
            {
                foreach (var (_, proposal) in batch.Entries)
                {
                    proposal?.Fail(Undecided.Failure());
                }
            }
            else if (work is Between between)
            {
                between.Done.TrySetException(Undecided.Failure());
            }
        }
    }

    private static async Task RunAsync(Between between)
    {
        try
        {
            await between.Run().ConfigureAwait(false);
            between.Done.TrySetResult();
        }
        catch (DfsException error)
        {
            between.Done.TrySetException(error);
        }
    }

    /// <summary>What the loop takes, in order.</summary>
    private abstract record Work;

    /// <summary>Committed entries.</summary>
    private sealed record Batch(IReadOnlyList<(Entry Entry, Proposal? Proposal)> Entries) : Work;

    /// <summary>A change of leadership; term 0: none.</summary>
    private sealed record Change(ulong Term) : Work;

    /// <summary>Something that needs the state machine to rest.</summary>
    private sealed record Between(Func<Task> Run, TaskCompletionSource Done) : Work;
}

/// <summary>
/// What the applier calls between two entries when leadership begins, goes on and ends. <paramref name="TryBegin"/> says false while the
/// state is not ready to be led, and is asked again after the next entry of the term.
/// </summary>
internal sealed record LeadershipCalls(Func<ulong, bool> TryBegin, Action<Applied> Observe, Action End);

/// <summary>The answer to callers whose command may or may not come into effect.</summary>
internal static class Undecided
{
    public static DfsException Failure() =>
        new(
            ErrorCode.Unavailable,
            "submit",
            "this metadata server stopped leading under the command; sent again under the same request id it is done once");
}
