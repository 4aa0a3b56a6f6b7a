namespace DfsNet.Consensus;

/// <summary>
/// What a leader does in its term: keeps others' logs like its own, commits what a majority has stored, answers reads, hands over, and
/// steps down when it hears no majority. Made when the term begins, thrown away with it.
/// </summary>
internal sealed class Leading
{
    // A learner this close has caught up: what is missing comes within a heartbeat.
    private const ulong PromotionLagMax = 1_000;

    private readonly RaftState _state;
    private readonly SortedDictionary<MemberId, Peer> _peers = [];
    private readonly ReadRounds _rounds = new();
    private readonly List<ulong> _early = [];
    private readonly TimeSpan _begun;
    private ulong _firstIndex;
    private TimeSpan _heartbeatDue;
    private long _uncommittedBytes;
    private MemberId _successor;
    private TimeSpan _handOverEnd;
    private bool _wasToldToCampaign;

    // A call to campaign may arrive late, and whoever follows it needs no patience with this leader: no lease for the rest of the term.
    private bool _leaseIsVoid;

    public Leading(RaftState state)
    {
        _state = state;
        _begun = state.Now;
        _heartbeatDue = state.Now;
        _firstIndex = state.Log.Last.Index + 1;
        for (ulong index = state.CommitIndex + 1; index <= state.Log.Last.Index; index++)
        {
            _uncommittedBytes += state.Log.Window.At(index).Body.Length;
        }

        // Others lack this term's first entry for certain: they are asked about the one before it.
        FollowMembers();
        Append(EntryKind.Empty, ReadOnlyMemory<byte>.Empty);
    }

    /// <summary>Snapshots that are needed and were not named yet.</summary>
    public List<SnapshotWanted> SnapshotsWanted { get; } = [];

    public List<ReadReady> Reads { get; } = [];

    public IReadOnlyList<PeerProgress> Progress =>
        [.. _peers.Values.Select(peer => peer.Progress(_state.Now, _state.Options.ElectionTimeout))];

    public TimeSpan LeaseEnd
    {
        get
        {
            if (_leaseIsVoid || !HasCommittedOwn)
            {
                return TimeSpan.MinValue;
            }

            return _state.IsSoleVoter ? TimeSpan.MaxValue : _rounds.LeaseEnd(_state.Options.LeaseTime);
        }
    }

    public bool IsSendingSnapshot => _peers.Values.Any(peer => peer.State == PeerState.Snapshot);

    /// <summary>The first entry of this term is committed, and with it all that came before.</summary>
    public bool HasCommittedOwn => _state.CommitIndex >= _firstIndex;

    /// <summary>False when no majority was heard for an election timeout: this node leads nobody.</summary>
    public bool Tick()
    {
        if (_successor != MemberId.None && _state.Now >= _handOverEnd)
        {
            _successor = MemberId.None;
        }

        if (_state.Now >= _heartbeatDue)
        {
            BeginRound();
        }

        return IsHeard();
    }

    public LogPoint? Propose(EntryKind kind, ReadOnlyMemory<byte> body)
    {
        bool isFull = _uncommittedBytes > 0 && _uncommittedBytes + body.Length > _state.Options.UncommittedBytesMax;
        return _successor != MemberId.None || isFull ? null : Append(kind, body);
    }

    public MembershipAnswer Propose(MembershipChange change)
    {
        var members = _state.Log.Members;
        if (_state.Log.MembersIndex > _state.CommitIndex || !HasCommittedOwn || _successor != MemberId.None)
        {
            return new MembershipAnswer(default, null, MembershipRefusal.NotYet);
        }

        var next = MembershipRules.Change(members, change, HasCaughtUp, out var refusal);
        if (next is null)
        {
            return new MembershipAnswer(default, null, refusal);
        }

        var point = Append(EntryKind.Membership, next.Encode());
        FollowMembers();
        return new MembershipAnswer(point, next, MembershipRefusal.None);
    }

    public void Read(ulong id)
    {
        if (!HasCommittedOwn)
        {
            _early.Add(id);
        }
        else if (_state.Now < LeaseEnd)
        {
            Reads.Add(new ReadReady(id, _state.CommitIndex));
        }
        else
        {
            _rounds.Wait(id, _state.CommitIndex);
        }
    }

    public bool Transfer(MemberId to)
    {
        if (!_state.Log.Members.IsVoter(to) || to == _state.Self || !_peers.ContainsKey(to) || _successor != MemberId.None)
        {
            return false;
        }

        _successor = to;
        _handOverEnd = _state.Now + _state.Options.ElectionTimeout;
        _wasToldToCampaign = false;
        _leaseIsVoid = true;
        TryHandOver();
        return true;
    }

    public void Take(AppendReply reply)
    {
        if (!_peers.TryGetValue(reply.From, out var peer))
        {
            return;
        }

        peer.Hear(reply, _state.Now);
        if (reply.Round <= _rounds.Newest)
        {
            _rounds.Answer(_state.Log.Members.ReachedByQuorum(id => id == _state.Self ? _rounds.Newest : RoundOf(id)));
            Reads.AddRange(_rounds.TakeReady());
        }

        if (!reply.IsAccepted && reply.IsImpaired && reply.Match <= peer.Match)
        {
            peer.Lost(NextBehind(reply.Hint));
        }
        else if (!reply.IsAccepted)
        {
            peer.Rejected(reply.Match, NextBehind(reply.Hint));
        }
        else if (reply.Match <= _state.Log.Last.Index)
        {
            peer.Accepted(reply.Match, reply.Round);
            TryCommit();
            TryHandOver();
        }
    }

    public void EndSnapshot(MemberId member, LogPoint? installed)
    {
        if (_peers.TryGetValue(member, out var peer))
        {
            peer.EndSnapshot(installed is { } point ? point.Index + 1 : _state.Log.Last.Index + 1);
        }
    }

    /// <summary>What a majority of voters has on stable storage, from the first entry of this term on (Ongaro, 3.6.2).</summary>
    public void TryCommit()
    {
        ulong reached = _state.Log.Members.ReachedByQuorum(id => id == _state.Self ? _state.Log.Stored : MatchOf(id));
        if (reached <= _state.CommitIndex || reached < _firstIndex)
        {
            return;
        }

        for (ulong index = _state.CommitIndex + 1; index <= reached; index++)
        {
            _uncommittedBytes -= _state.Log.Window.At(index).Body.Length;
        }

        _state.Commit(reached);
        FollowMembers();
        foreach (ulong early in _early)
        {
            Read(early);
        }

        _early.Clear();
    }

    /// <summary>Sends what may be sent; called before an output is taken, so that many proposals share messages.</summary>
    public void Replicate()
    {
        if (_rounds.IsWanted)
        {
            BeginRound();
        }

        foreach (var peer in _peers.Values)
        {
            while (peer.IsReady(_state.Options.InFlightMax) && (peer.State == PeerState.Probe || peer.Next <= _state.Log.Last.Index))
            {
                if (!TrySend(peer))
                {
                    break;
                }
            }
        }
    }

    /// <summary>Reads that will not be answered by this leader.</summary>
    public IReadOnlyList<ulong> TakeReads() => [.. _early, .. _rounds.TakeAll()];

    /// <summary>What was not stored is gone; only a leader that nobody else could have heard goes on.</summary>
    public void ForgetUnstored()
    {
        _uncommittedBytes = 0;
        for (ulong index = _state.CommitIndex + 1; index <= _state.Log.Last.Index; index++)
        {
            _uncommittedBytes += _state.Log.Window.At(index).Body.Length;
        }

        if (_state.Log.Last.Index < _firstIndex)
        {
            _firstIndex = _state.Log.Last.Index + 1;
            Append(EntryKind.Empty, ReadOnlyMemory<byte>.Empty);
        }

        FollowMembers();
    }

    private LogPoint Append(EntryKind kind, ReadOnlyMemory<byte> body)
    {
        var entry = new Entry(new LogPoint(_state.Term, _state.Log.Last.Index + 1), kind, body);
        _state.Log.Append(entry);
        _uncommittedBytes += body.Length;
        return entry.Point;
    }

    // A member that was removed still has to hear of it: it stays until the removal is committed.
    private void FollowMembers()
    {
        bool isSettled = _state.Log.MembersIndex <= _state.CommitIndex;
        foreach (var gone in _peers.Keys.Where(id => isSettled && _state.Log.Members.Find(id) is null).ToList())
        {
            _peers.Remove(gone);
        }

        foreach (var member in _state.Log.Members.Members.Where(member => member.Id != _state.Self))
        {
            _peers.TryAdd(member.Id, new Peer(member.Id, _state.Log.Last.Index + 1, _state.Now));
        }
    }

    private void BeginRound()
    {
        _heartbeatDue = _state.Now + _state.Options.HeartbeatInterval;
        _rounds.Begin(_state.Now);
        foreach (var peer in _peers.Values)
        {
            peer.SentHeartbeat(_rounds.Newest);
            var agreed = _state.Log.Window.TermAt(peer.Match) is { } term ? new LogPoint(term, peer.Match) : default;
            _state.Send(new AppendRequest(
                _state.Self, peer.Id, _state.Term, agreed, [], _state.CommitIndex, _rounds.Newest, peer.Round));
        }

        if (_state.IsSoleVoter)
        {
            _rounds.Answer(_rounds.Newest);
            Reads.AddRange(_rounds.TakeReady());
        }
    }

    private bool TrySend(Peer peer)
    {
        var window = _state.Log.Window;
        if (window.TermAt(peer.Next - 1) is not { } term)
        {
            // Only one that answers can take a snapshot.
            if (peer.HasAnswered)
            {
                peer.BeginSnapshot();
                SnapshotsWanted.Add(new SnapshotWanted(peer.Id, window.Base.Index));
            }

            return false;
        }

        ulong last = _state.Log.Last.Index;
        var entries = peer.Next > last ? [] : window.Slice(peer.Next, last, _state.Options.MessageBytesMax);
        var previous = new LogPoint(term, peer.Next - 1);
        _state.Send(new AppendRequest(_state.Self, peer.Id, _state.Term, previous, entries, _state.CommitIndex, 0, 0));
        peer.Sent(peer.Next - 1 + (ulong)entries.Count);
        return true;
    }

    private ulong NextBehind(LogPoint hint)
    {
        ulong index = Math.Min(hint.Index, _state.Log.Last.Index);
        while (index > _state.Log.Window.Base.Index && _state.Log.Window.TermAt(index) > hint.Term)
        {
            index--;
        }

        return index + 1;
    }

    private bool IsHeard()
    {
        var members = _state.Log.Members;
        int heard = members.Voters.Count(id => id == _state.Self || (_peers.TryGetValue(id, out var peer)
            && _state.Now - peer.HeardAt < _state.Options.ElectionTimeout));
        return heard >= members.Quorum || _state.Now - _begun < _state.Options.ElectionTimeout;
    }

    private bool HasCaughtUp(MemberId member) => _peers.TryGetValue(member, out var peer) && peer.State == PeerState.Replicate
        && peer.Match + PromotionLagMax >= _state.Log.Last.Index;

    private void TryHandOver()
    {
        if (_successor != MemberId.None && !_wasToldToCampaign && MatchOf(_successor) == _state.Log.Last.Index)
        {
            _wasToldToCampaign = true;
            _state.Send(new CampaignNow(_state.Self, _successor, _state.Term));
        }
    }

    private ulong MatchOf(MemberId id) => _peers.TryGetValue(id, out var peer) ? peer.Match : 0;

    private ulong RoundOf(MemberId id) => _peers.TryGetValue(id, out var peer) ? peer.Round : 0;
}
