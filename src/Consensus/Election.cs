namespace DfsNet.Consensus;

/// <summary>
/// Campaigns, and answers to those of others. A node asks first whether it would be elected (a trial), so that one that was cut off does
/// not drive the term up; and nobody votes while it hears a leader.
/// </summary>
internal sealed class Election(RaftState state)
{
    // A learner waits much longer than any voter: it is seldom needed.
    private const int LearnerTimeouts = 10;

    private readonly Dictionary<MemberId, bool> _votes = [];
    private TimeSpan _due;
    private TimeSpan _heardLeaderAt;
    private bool _isTrial;
    private bool _isTransfer;
    private bool _ownVoteWaits;
    private ulong _ownVoteTicket;

    /// <summary>
    /// At the start nobody is elected for one timeout: this node may have answered a leader just before it went down, and that leader may
    /// count on it.
    /// </summary>
    public void Begin()
    {
        _heardLeaderAt = state.IsSoleVoter ? TimeSpan.MinValue : state.Now;
        _due = state.IsSoleVoter ? state.Now : state.Now + state.DrawElectionTimeout();
    }

    public void HearLeader()
    {
        _heardLeaderAt = state.Now;
        _due = state.Now + state.DrawElectionTimeout();
    }

    /// <summary>True when this node won.</summary>
    public bool Tick()
    {
        if (state.Now < _due || !MayCampaign())
        {
            return false;
        }

        // Alone there is nobody whom a campaign could disturb.
        return Campaign(isTrial: !state.IsSoleVoter, isTransfer: false);
    }

    /// <summary>The leader asked for it. True when this node won.</summary>
    public bool CampaignNow() => MayCampaign() && Campaign(isTrial: false, isTransfer: true);

    /// <summary>Takes part no longer.</summary>
    public void Stop()
    {
        _votes.Clear();
        _ownVoteWaits = false;
        _ownVoteTicket = 0;
        _due = state.Now + state.DrawElectionTimeout();
    }

    /// <summary>A leader is heard, so its term is not ended by anybody who does not hear it.</summary>
    public bool IsLed => state.Role == Role.Leader || (_heardLeaderAt != TimeSpan.MinValue
        && state.Now - _heardLeaderAt < state.Options.ElectionTimeout);

    public void Answer(VoteRequest request)
    {
        bool isNewer = Compare(request.Last, state.Log.Last) >= 0;
        bool isOpen = request.IsTrial
            ? request.Term > state.Term && !IsLed
            : request.Term == state.Term && (state.Ballot.Vote == MemberId.None || state.Ballot.Vote == request.From)
                && state.Leader == MemberId.None;
        bool grants = isNewer && isOpen && !state.Repair.IsNeeded;
        if (grants && !request.IsTrial)
        {
            state.Vote(state.Term, request.From);
            _due = state.Now + state.DrawElectionTimeout();
        }

        ulong term = grants ? request.Term : state.Term;
        state.Send(new VoteReply(state.Self, request.From, term, request.IsTrial, grants));
    }

    /// <summary>True when this node won.</summary>
    public bool Count(VoteReply reply)
    {
        bool isMine = state.Role == Role.Candidate && reply.IsTrial == _isTrial
            && reply.Term == (reply.IsTrial && reply.IsGranted ? state.Term + 1 : state.Term);
        return isMine && Count(reply.From, reply.IsGranted);
    }

    /// <summary>The ballot of this campaign belongs to this ticket.</summary>
    public void HandedOut(ulong ticket)
    {
        if (_ownVoteWaits)
        {
            _ownVoteWaits = false;
            _ownVoteTicket = ticket;
        }
    }

    /// <summary>True when this node won: its own vote counts once it is stored.</summary>
    public bool Stored(ulong ticket)
    {
        if (_ownVoteTicket == 0 || ticket < _ownVoteTicket)
        {
            return false;
        }

        _ownVoteTicket = 0;
        return state.Role == Role.Candidate && !_isTrial && Count(state.Self, isGranted: true);
    }

    // Whoever is no voter by the newest members it knows may hold entries that the others need to elect anybody: a removed voter does while
    // its removal can be superseded, a learner may when its promotion did not reach it. Its own vote does not count where it has none.
    private bool MayCampaign()
    {
        bool isNeeded = state.Log.MayVote(state.Self)
            || (state.Log.Members.Find(state.Self) is not null && state.Now - _due > state.Options.ElectionTimeout * LearnerTimeouts);
        return state.Role != Role.Leader && isNeeded && !state.Repair.IsNeeded;
    }

    private bool Campaign(bool isTrial, bool isTransfer)
    {
        _due = state.Now + state.DrawElectionTimeout();
        _votes.Clear();
        _isTrial = isTrial;
        _isTransfer = isTransfer;
        _ownVoteTicket = 0;
        _ownVoteWaits = !isTrial;
        state.Role = Role.Candidate;
        state.Leader = MemberId.None;
        if (!isTrial)
        {
            state.Vote(state.Term + 1, state.Self);
        }

        ulong term = isTrial ? state.Term + 1 : state.Term;
        foreach (var voter in state.Log.Members.Voters.Where(voter => voter != state.Self))
        {
            state.Send(new VoteRequest(state.Self, voter, term, state.Log.Last, isTrial, isTransfer));
        }

        return isTrial && Count(state.Self, isGranted: true);
    }

    private bool Count(MemberId voter, bool isGranted)
    {
        _votes[voter] = isGranted;
        var members = state.Log.Members;
        if (members.Voters.Count(id => _votes.GetValueOrDefault(id)) < members.Quorum)
        {
            return false;
        }

        return _isTrial ? Campaign(isTrial: false, _isTransfer) : true;
    }

    private static int Compare(LogPoint a, LogPoint b) => a.Term != b.Term ? a.Term.CompareTo(b.Term) : a.Index.CompareTo(b.Index);
}
