namespace DfsNet.Consensus.Tests.Sabotage;

/// <summary>A way to break the core: a piece of a source file, and what stands there instead.</summary>
internal sealed record Defect(string Name, string File, string Old, string New)
{
    /// <summary>Each breaks one sentence of the algorithm. What is missing here has no effect that anybody could see.</summary>
    public static IReadOnlyList<Defect> All { get; } =
    [
        new("vote twice", "Election.cs", "(state.Ballot.Vote == MemberId.None || state.Ballot.Vote == request.From)", "(state.Term > 0)"),
        new("vote for an older log", "Election.cs", "bool grants = isNewer && isOpen", "bool grants = isOpen"),
        new(
            "commit an old term by counting",
            "Leading.cs",
            "reached <= _state.CommitIndex || reached < _firstIndex",
            "reached <= _state.CommitIndex"),
        new("a majority is one less", "Membership.cs", "Voters.Count / 2 + 1", "(Voters.Count + 1) / 2"),
        new("forget the lease margin", "Leading.cs", "LeaseEnd(_state.Options.LeaseTime)", "LeaseEnd(_state.Options.ElectionTimeout * 2)"),
        new("keep the lease while handing over", "Leading.cs", "        _leaseIsVoid = true;", "        _leaseIsVoid = false;"),
        new(
            "read before the own first entry",
            "Leading.cs",
            "if (!HasCommittedOwn)\n        {\n            _early",
            "if (_early is null)\n        {\n            _early"),
        new("start without waiting", "Election.cs", "state.IsSoleVoter ? TimeSpan.MinValue : state.Now;", "TimeSpan.MinValue;"),
        new(
            "take entries behind a gap",
            "Following.cs",
            "else if (!state.Log.Window.Has(request.Previous))",
            "else if (!state.Log.Window.Has(request.Previous) && request.Previous.Index > state.Log.Last.Index)"),
        new(
            "commit what is not there",
            "Following.cs",
            "Math.Min(request.Commit, match)",
            "Math.Min(request.Commit, state.Log.Last.Index)"),
        new("vote while impaired", "Repair.cs", "IsNeeded = IsNeeded && !isWhole", "IsNeeded = false && isWhole"),
        new("believe a refused entry", "RaftState.cs", "CommitIndex = Math.Min(CommitIndex, Log.Last.Index);", ""),
        new(
            "never miss an acknowledgement",
            "Peer.cs",
            "round == _heartbeatRound && Match < _sentBeforeHeartbeat",
            "round > ulong.MaxValue - 1"),
        new("a removed voter is silent", "Election.cs", "state.Log.MayVote(state.Self)", "state.IsVoter"),
    ];
}
