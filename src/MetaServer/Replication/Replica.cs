using DfsNet.Consensus;
using DfsNet.Protocol.Wire;
using Microsoft.Extensions.Logging;

namespace DfsNet.MetaServer.Replication;

/// <summary>
/// Drives the consensus core of this node: one loop owns it, feeds it time, messages, proposals and what became of earlier outputs, and
/// carries its outputs out. Storing and applying have loops of their own, so that a slow disk or a long command never keeps the core from
/// hearing that its time is over.
/// </summary>
internal sealed partial class Replica
{
    // A tenth of a heartbeat's patience would be finer than any clock needs; half keeps heartbeats regular.
    private const int TicksPerHeartbeat = 2;

    private const long NothingRefused = -1;

    private readonly Raft _core;
    private readonly RaftOptions _options;
    private readonly Mailbox _mailbox;
    private readonly StorePipe _pipe;
    private readonly Applier _applier;
    private readonly Action<SnapshotWanted> _sendSnapshot;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Mail _mail = new();
    private readonly Dictionary<ulong, Proposal> _waiting = [];
    private readonly Dictionary<ulong, TaskCompletionSource> _reads = [];
    private readonly List<(ulong Index, TaskCompletionSource Read)> _readable = [];
    private readonly Queue<(ulong Ticket, TimeSpan At)> _storing = new();
    private readonly long _origin;
    private ulong _readId;
    private ulong _appliedIndex;
    private long _refusedBehind = NothingRefused;
    private volatile NodeView _view;

    public Replica(ReplicaParts parts, TimeProvider time, ILogger<Replica> log)
    {
        _time = time;
        _log = log;
        _origin = time.GetTimestamp();
        _core = parts.Core;
        _options = parts.Options;
        _mailbox = parts.Mailbox;
        _applier = parts.Applier;
        _sendSnapshot = parts.SendSnapshot;
        _appliedIndex = parts.AppliedIndex;
        _pipe = new StorePipe(parts.Log, parts.Ballots, parts.Space, time, parts.Send, _mailbox.Stored, NoteRefused);
        _view = View();
    }

    /// <summary>What this node knows of its place, as of the last turn of its loop.</summary>
    public NodeView Seen => _view;

    /// <summary>The newest term, to be read on the loop of this replica alone.</summary>
    public ulong Term => _core.Standing.Term;

    /// <summary>
    /// This node is the only one that can lead at this moment, and has applied everything that anybody was told: reads need not ask.
    /// </summary>
    public bool HasLease => Now < _view.LeaseEnd;

    /// <summary>Runs until cancelled; throws when the disk or the store failed.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        var storing = _pipe.RunAsync();
        var applying = _applier.RunAsync();
        var owning = OwnAsync(cancellation);
        using var ticks = _time.CreateTimer(
            static mailbox => ((Mailbox)mailbox!).Wake(), _mailbox, TimeSpan.Zero, _options.HeartbeatInterval / TicksPerHeartbeat);
        try
        {
            await await Task.WhenAny(storing, applying, owning).ConfigureAwait(false);
        }
        finally
        {
            _mailbox.Close();
            _pipe.Close();
            _applier.Close();
            FailEverybody();
        }

        await storing.ConfigureAwait(false);
        await applying.ConfigureAwait(false);
    }

    /// <summary>Changes the members by one; ends when the change is committed.</summary>
    /// <exception cref="DfsException">NotLeader, Refused with the reason, Busy while another change is on its way, TimedOut.</exception>
    public async Task<Membership> ChangeAsync(MembershipChange change, CancellationToken cancellation)
    {
        var answer = await _mailbox.AskAsync((core, _) => core.ProposeMembership(change), cancellation).ConfigureAwait(false);
        if (answer.Members is not { } members)
        {
            throw MembershipRefusals.ToError(answer.Refusal);
        }

        while (_view.CommitIndex < answer.Point.Index)
        {
            await Task.Delay(_options.HeartbeatInterval / TicksPerHeartbeat, _time, cancellation).ConfigureAwait(false);
            if (!_view.IsLeader || _view.Standing.Term != answer.Point.Term)
            {
                throw Undecided.Failure();
            }
        }

        return members;
    }

    /// <summary>Hands leadership over. False when it cannot go there.</summary>
    public Task<bool> TransferAsync(MemberId to, CancellationToken cancellation) =>
        _mailbox.AskAsync((core, now) => core.Transfer(to, now), cancellation);

    /// <summary>Ends this node's leadership; it may be elected again at once.</summary>
    public Task RestartLeadershipAsync(CancellationToken cancellation) => _mailbox.AskAsync(
        (core, now) =>
        {
            core.StepDown(now);
            return true;
        },
        cancellation);

    private TimeSpan Now => _time.GetElapsedTime(_origin);

    private async Task OwnAsync(CancellationToken cancellation)
    {
        try
        {
            while (true)
            {
                Turn();
                await _mailbox.WaitAsync(cancellation).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // Told to stop: what is in the log's hands is still stored, and applied when it was committed before.
        }
    }

    private void Turn()
    {
        var now = Now;
        _mailbox.Take(_mail);
        Settle(now);
        _core.Tick(now);
        foreach (var message in _mail.Messages)
        {
            _core.Step(message, now);
        }

        foreach (var request in _mail.Requests)
        {
            request(_core, now);
        }

        foreach (var proposal in _mail.Proposals)
        {
            Propose(proposal);
        }

        foreach (var read in _mail.Reads)
        {
            Read(read, now);
        }

        while (_core.TakeOutput() is { } output)
        {
            CarryOut(output, now);
        }

        AnswerReads();
        _view = View();
        _mail.Clear();
    }

    /// <summary>Tells the core what became of its earlier outputs.</summary>
    private void Settle(TimeSpan now)
    {
        if (Interlocked.Exchange(ref _refusedBehind, NothingRefused) is var behind && behind != NothingRefused)
        {
            // What was stored before, and has perhaps been acknowledged to the leader, stays: the mail may not tell of it yet.
            _core.Stored((ulong)behind);
            _pipe.BeginAnew();
            _storing.Clear();
            _core.Refused(now);
            foreach (var proposal in TakeWaiting(point => point.Index > _core.Last.Index))
            {
                proposal.Fail(SpaceWatch.OutOfSpace());
            }
        }

        if (_storing.TryPeek(out var first) && _mail.Stored >= first.Ticket)
        {
            _core.Stored(_mail.Stored);
            while (_storing.TryPeek(out var next) && next.Ticket <= _mail.Stored)
            {
                _storing.Dequeue();
            }
        }

        if (_mail.Applied > _appliedIndex)
        {
            _appliedIndex = _mail.Applied;
            _core.Applied(_appliedIndex);
        }

        if (_core.Standing.Role == Role.Leader && _storing.TryPeek(out var oldest) && now - oldest.At > _options.ElectionTimeout
            && _core.Membership.Voters.Count > 1)
        {
            DiskTooSlow(now - oldest.At);
            _core.StepDown(now);
        }
    }

    private void Propose(Proposal proposal)
    {
        var standing = _core.Standing;
        if (standing.Role == Role.Leader && standing.Term == proposal.Term && _core.Propose(proposal.Body) is { } point)
        {
            proposal.Point = point;
            _waiting.Add(point.Index, proposal);
            return;
        }

        proposal.Fail(NotTaken(standing));
    }

    private void Read(TaskCompletionSource read, TimeSpan now)
    {
        if (_core.Standing.Role != Role.Leader)
        {
            read.TrySetException(NotLeading());
            return;
        }

        _reads.Add(++_readId, read);
        _core.Read(_readId, now);
    }

    private void CarryOut(Output output, TimeSpan now)
    {
        if (output.Standing is { } standing)
        {
            Stand(standing);
        }

        if (output.Ticket != 0)
        {
            _storing.Enqueue((output.Ticket, now));
        }

        if (output.Ticket != 0 || output.Messages.Count > 0)
        {
            _pipe.Put(output);
        }

        if (output.Committed.Count > 0)
        {
            _applier.Apply([.. output.Committed.Select(entry => (entry, TakeWaiting(entry.Point)))]);
        }

        foreach (var ready in output.Reads)
        {
            if (_reads.Remove(ready.Id, out var read))
            {
                _readable.Add((ready.Index, read));
            }
        }

        foreach (ulong lost in output.LostReads)
        {
            if (_reads.Remove(lost, out var read))
            {
                read.TrySetException(NotLeading());
            }
        }

        foreach (var wanted in output.SnapshotsWanted)
        {
            _sendSnapshot(wanted);
        }
    }

    private void Stand(Standing standing)
    {
        StandingChanged(standing.Role, standing.Term, standing.Leader);
        if (standing.Role == Role.Leader)
        {
            _applier.Lead(standing.Term);
            return;
        }

        _applier.Resign();
        foreach (var proposal in TakeWaiting(_ => true))
        {
            proposal.Fail(Undecided.Failure());
        }
    }

    private void AnswerReads()
    {
        for (int i = _readable.Count - 1; i >= 0; i--)
        {
            if (_readable[i].Index <= _appliedIndex)
            {
                _readable[i].Read.TrySetResult();
                _readable.RemoveAt(i);
            }
        }
    }

    private Proposal? TakeWaiting(LogPoint point)
    {
        if (!_waiting.Remove(point.Index, out var proposal))
        {
            return null;
        }

        if (proposal.Point == point)
        {
            return proposal;
        }

        // Another leader's entry stands where this one would have.
        proposal.Fail(Undecided.Failure());
        return null;
    }

    private List<Proposal> TakeWaiting(Predicate<LogPoint> isTaken)
    {
        var taken = _waiting.Values.Where(proposal => isTaken(proposal.Point)).OrderBy(proposal => proposal.Point.Index).ToList();
        foreach (var proposal in taken)
        {
            _waiting.Remove(proposal.Point.Index);
        }

        return taken;
    }

    private void FailEverybody()
    {
        _mailbox.Take(_mail);
        foreach (var proposal in _mail.Proposals.Concat(TakeWaiting(_ => true)))
        {
            proposal.Fail(Undecided.Failure());
        }

        foreach (var read in _mail.Reads.Concat(_reads.Values).Concat(_readable.Select(pair => pair.Read)))
        {
            read.TrySetException(NotLeading());
        }
    }

    private void NoteRefused(ulong behind)
    {
        Interlocked.Exchange(ref _refusedBehind, (long)behind);
        _mailbox.Wake();
    }

    private NodeView View() => new(
        _core.Standing, _core.Membership, _core.CommitIndex, _core.Last, _core.Progress, _core.IsImpaired, _core.LeaseEnd);

    private DfsException NotTaken(Standing standing) => standing.Role == Role.Leader
        ? new DfsException(ErrorCode.Overloaded, "submit", "the command log takes nothing at this moment; try again later")
        : NotLeading();

    private static DfsException NotLeading() =>
        new(ErrorCode.Unavailable, "submit", "this metadata server does not lead any more");

    [LoggerMessage(Level = LogLevel.Information, Message = "Became {Role} in term {Term}; the leader is {Leader}")]
    private partial void StandingChanged(Role role, ulong term, MemberId leader);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Gave up leading: the log's disk did not answer for {Time}")]
    private partial void DiskTooSlow(TimeSpan time);
}
