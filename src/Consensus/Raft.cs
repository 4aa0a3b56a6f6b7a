namespace DfsNet.Consensus;

/// <summary>
/// The consensus of one node (Ongaro: Consensus, Bridging Theory and Practice; the shape is that of etcd's raft). Pure: messages, proposals
/// and the time go in, one <see cref="Output"/> at a time comes out. Not thread-safe: one owner calls it.
/// Times are those of a monotonic clock of the caller. Everything except the log's stored end is forgotten when the process ends.
/// </summary>
public sealed class Raft
{
    // Batches of committed entries handed out and not applied: one that is applied, one that waits.
    private const int BatchesMax = 2;

    private readonly RaftState _state;
    private readonly Election _election;
    private readonly Following _following;
    private readonly Queue<ulong> _batches = new();
    private readonly List<ReadReady> _reads = [];
    private readonly List<ulong> _lostReads = [];
    private Leading? _leading;
    private Standing _told;
    private ulong _ticket;
    private ulong _handedOut;
    private bool _isStopped;

    /// <param name="random">Spreads election timeouts.</param>
    public Raft(MemberId self, RaftOptions options, Restored restored, Random random, TimeSpan now)
    {
        _state = new RaftState(self, options, restored, random, now);
        _election = new Election(_state);
        _following = new Following(_state);
        _handedOut = restored.AppliedIndex;
        _told = Standing;
        _election.Begin();
    }

    public Standing Standing => new(_state.Role, _state.Term, _state.Leader);

    public ulong CommitIndex => _state.CommitIndex;

    public LogPoint Last => _state.Log.Last;

    /// <summary>The members that count now: those of the newest membership entry in the log, committed or not.</summary>
    public Membership Membership => _state.Log.Members;

    /// <summary>See <see cref="Restored.IsImpaired"/>.</summary>
    public bool IsImpaired => _state.Repair.IsNeeded;

    /// <summary>What the leader knows of each other member; empty elsewhere.</summary>
    public IReadOnlyList<PeerProgress> Progress => _leading?.Progress ?? [];

    /// <summary>
    /// Until when this leader may answer reads from what it has applied without asking; in the past where it may not, without end where it
    /// is the only voter.
    /// </summary>
    public TimeSpan LeaseEnd => _leading?.LeaseEnd ?? TimeSpan.MinValue;

    /// <summary>Lets time pass; to be called at least twice in a heartbeat interval.</summary>
    public void Tick(TimeSpan now)
    {
        _state.Observe(now);
        if (_isStopped)
        {
            return;
        }

        if (_leading is not null)
        {
            if (!_leading.Tick())
            {
                Follow(_state.Term, MemberId.None);
            }

            return;
        }

        WinIf(_election.Tick());
    }

    /// <summary>Takes a message from another member. Nonsense, and what is meant for others, is ignored.</summary>
    public void Step(Message message, TimeSpan now)
    {
        _state.Observe(now);
        if (_isStopped || message.To != _state.Self || message.From == _state.Self || message.From == MemberId.None)
        {
            return;
        }

        if (message.Term > _state.Term && !TryFollow(message))
        {
            return;
        }

        if (message.Term < _state.Term)
        {
            AnswerOld(message);
            return;
        }

        Take(message);
    }

    /// <summary>
    /// Puts a command into the log; where it stands, or null when this node does not lead, hands over, or has too much uncommitted.
    /// </summary>
    public LogPoint? Propose(ReadOnlyMemory<byte> body) => _leading?.Propose(EntryKind.Command, body);

    /// <summary>Changes the members by one. The answer says where the change stands; it counts once that is committed.</summary>
    public MembershipAnswer ProposeMembership(MembershipChange change) =>
        _leading?.Propose(change) ?? new MembershipAnswer(default, null, MembershipRefusal.NotLeading);

    /// <summary>Asks for a read point; it, or its loss, comes with an output under this id.</summary>
    public void Read(ulong id, TimeSpan now)
    {
        _state.Observe(now);
        if (_leading is null)
        {
            _lostReads.Add(id);
            return;
        }

        _leading.Read(id);
    }

    /// <summary>
    /// Hands leadership over to a voter once it has everything; given up after an election timeout. False: it cannot be handed to that one.
    /// </summary>
    public bool Transfer(MemberId to, TimeSpan now)
    {
        _state.Observe(now);
        return _leading?.Transfer(to) ?? false;
    }

    /// <summary>Stops leading (the disk is slow or failing); does nothing elsewhere.</summary>
    public void StepDown(TimeSpan now)
    {
        _state.Observe(now);
        if (_leading is not null)
        {
            Follow(_state.Term, MemberId.None);
        }
    }

    /// <summary>What the output with this ticket, and every earlier one, stored is on stable storage.</summary>
    public void Stored(ulong ticket)
    {
        _state.Log.NoteStored(ticket);
        _state.Log.Settle(_state.CommitIndex);
        _state.Repair.Look(_state);
        _leading?.TryCommit();
        LeaveIfRemoved();
        WinIf(_election.Stored(ticket));
    }

    /// <summary>
    /// What was handed out to be stored since the last <see cref="Stored"/> was refused by the disk, wholly, and will never be there; none
    /// of its messages was sent. A sole voter goes on leading, any other leader steps down.
    /// </summary>
    public void Refused(TimeSpan now)
    {
        _state.Observe(now);
        _state.ForgetUnstored();
        _state.Messages.Clear();
        if (_leading is not null && _state.IsSoleVoter)
        {
            _leading.ForgetUnstored();
        }
        else
        {
            Follow(_state.Term, MemberId.None);
        }
    }

    /// <summary>The state machine has applied up to here.</summary>
    public void Applied(ulong index)
    {
        while (_batches.TryPeek(out ulong last) && last <= index)
        {
            _batches.Dequeue();
        }

        long kept = _state.Log.Members.Members.Count < 2 ? 0
            : _leading is { IsSendingSnapshot: true } ? _state.Options.SnapshotKeptBytesMax
            : _state.Options.KeptBytesMax;
        _state.Log.Window.DropFront(Math.Min(index, _state.Log.Stored), kept);
    }

    /// <summary>A snapshot that was wanted is installed at the member up to here, or is not (null).</summary>
    public void SnapshotEnded(MemberId member, LogPoint? installed) => _leading?.EndSnapshot(member, installed);

    /// <summary>
    /// The leader of a term offers its state as of <paramref name="point"/>. To be asked before any of it is fetched, and again, with
    /// <paramref name="stops"/>, when all of it is here: where the answer is still that it is wanted, this core says and takes nothing any
    /// more, for what it would acknowledge is about to be replaced; the node begins anew with the snapshot.
    /// </summary>
    public SnapshotVerdict Judge(MemberId from, ulong term, LogPoint point, bool stops, TimeSpan now)
    {
        _state.Observe(now);
        if (_isStopped || term < _state.Term || (_leading is not null && term == _state.Term))
        {
            return SnapshotVerdict.Refused;
        }

        if (term > _state.Term || _state.Leader != from || _state.Role != Role.Follower)
        {
            Follow(term, from);
        }

        _election.HearLeader();
        if (point.Index <= _state.CommitIndex || _state.Log.Window.Has(point))
        {
            return SnapshotVerdict.NotNeeded;
        }

        _isStopped = stops;
        return SnapshotVerdict.Wanted;
    }

    /// <summary>What has to be done next, or null.</summary>
    public Output? TakeOutput()
    {
        if (_isStopped)
        {
            return null;
        }

        _leading?.Replicate();
        bool hasBallot = _state.HasBallotToStore;
        bool stores = hasBallot || _state.Log.Last.Index > _state.Log.HandedOut;
        ulong ticket = stores ? ++_ticket : 0;
        var entries = stores ? _state.Log.HandOut(ticket) : [];
        if (hasBallot)
        {
            _election.HandedOut(ticket);
        }

        var output = new Output
        {
            Ticket = ticket,
            Ballot = hasBallot ? _state.HandOutBallot() : null,
            Entries = entries,
            Messages = Take(_state.Messages),
            Committed = TakeCommitted(),
            Reads = [.. Take(_reads), .. Take(_leading?.Reads ?? [])],
            LostReads = Take(_lostReads),
            Standing = Standing == _told ? null : Standing,
            SnapshotsWanted = Take(_leading?.SnapshotsWanted ?? []),
        };
        _told = Standing;
        return output.IsEmpty ? null : output;
    }

    /// <summary>A message of a newer term ends the own one, but for trials, and while a leader is heard. False: it is not taken.</summary>
    private bool TryFollow(Message message)
    {
        switch (message)
        {
            case VoteRequest { IsTrial: true }:
            case VoteReply { IsTrial: true, IsGranted: true }:
                Take(message);
                return false;
            case VoteRequest { IsTransfer: false } when _election.IsLed:
                return false;
            default:
                Follow(message.Term, message is AppendRequest ? message.From : MemberId.None);
                return true;
        }
    }

    /// <summary>Who is behind has to hear of the newer term, or would go on as it is.</summary>
    private void AnswerOld(Message message)
    {
        if (message is AppendRequest request)
        {
            _state.Send(new AppendReply(
                _state.Self, request.From, _state.Term, IsAccepted: false, request.Previous.Index, default, 0, IsImpaired));
        }
        else if (message is VoteRequest { IsTrial: true })
        {
            _state.Send(new VoteReply(_state.Self, message.From, _state.Term, IsTrial: true, IsGranted: false));
        }
    }

    private void Take(Message message)
    {
        switch (message)
        {
            case VoteRequest request:
                _election.Answer(request);
                break;
            case VoteReply reply:
                WinIf(_election.Count(reply));
                break;
            case AppendRequest request when _leading is null:
                if (_state.Leader != request.From || _state.Role != Role.Follower)
                {
                    Follow(_state.Term, request.From);
                }

                _election.HearLeader();
                _following.Take(request);
                _state.Repair.Look(_state);
                break;
            case AppendReply reply:
                _leading?.Take(reply);
                LeaveIfRemoved();
                break;
            case CampaignNow when message.From == _state.Leader:
                WinIf(_election.CampaignNow());
                break;
        }
    }

    private void Follow(ulong term, MemberId leader)
    {
        if (_leading is not null)
        {
            _lostReads.AddRange(_leading.TakeReads());
            _reads.AddRange(Take(_leading.Reads));
            _leading = null;
        }

        if (term > _state.Term)
        {
            _state.Vote(term, MemberId.None);
        }

        _state.Role = Role.Follower;
        _state.Leader = leader;
        _election.Stop();
    }

    private void WinIf(bool won)
    {
        if (won)
        {
            _state.Role = Role.Leader;
            _state.Leader = _state.Self;
            _leading = new Leading(_state);
        }
    }

    private void LeaveIfRemoved()
    {
        if (_leading is { HasCommittedOwn: true } && _state.Log.MembersIndex <= _state.CommitIndex && !_state.IsVoter)
        {
            Follow(_state.Term, MemberId.None);
        }
    }

    private IReadOnlyList<Entry> TakeCommitted()
    {
        ulong end = Math.Min(_state.CommitIndex, _state.Log.Stored);
        if (_handedOut >= end || _batches.Count >= BatchesMax)
        {
            return [];
        }

        var batch = _state.Log.Window.Slice(_handedOut + 1, end, _state.Options.CommittedBytesMax);
        _handedOut = batch[^1].Point.Index;
        _batches.Enqueue(_handedOut);
        return batch;
    }

    private static IReadOnlyList<T> Take<T>(List<T> from)
    {
        if (from.Count == 0)
        {
            return [];
        }

        T[] taken = [.. from];
        from.Clear();
        return taken;
    }
}
