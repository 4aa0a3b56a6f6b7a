namespace DfsNet.Consensus;

/// <summary>Something one member says to another; it may be lost, late, doubled or overtaken.</summary>
public abstract record Message(MemberId From, MemberId To, ulong Term);

/// <summary>
/// Asks for a vote in <paramref name="Term"/>, or, before anybody's term changes, whether it would be given (<paramref name="IsTrial"/>).
/// Refused without a change of term while a leader is heard, except when that leader asked for it (<paramref name="IsTransfer"/>).
/// </summary>
public sealed record VoteRequest(MemberId From, MemberId To, ulong Term, LogPoint Last, bool IsTrial, bool IsTransfer)
    : Message(From, To, Term);

/// <summary>
/// The answer. A granted trial carries the term asked about, any refusal the answerer's own.
/// </summary>
public sealed record VoteReply(MemberId From, MemberId To, ulong Term, bool IsTrial, bool IsGranted) : Message(From, To, Term);

/// <summary>
/// Entries behind <paramref name="Previous"/>; none of them for a heartbeat. <paramref name="Round"/> numbers the leader's rounds of
/// heartbeats within its term and comes back in the answer: leases and reads count on it; <paramref name="Heard"/> is the newest of them
/// whose answer by this member the leader has seen.
/// </summary>
public sealed record AppendRequest(
    MemberId From, MemberId To, ulong Term, LogPoint Previous, IReadOnlyList<Entry> Entries, ulong Commit, ulong Round, ulong Heard)
    : Message(From, To, Term);

/// <summary>
/// <paramref name="IsAccepted"/>: the log agrees with the leader's, and is on stable storage, up to <paramref name="Match"/>. Otherwise
/// <paramref name="Match"/> is the index that was asked about and <paramref name="Hint"/> the newest point of the answerer's log that may
/// agree; with an acceptance it is the end of the answerer's log. An impaired node says so: what it once had it may have no more.
/// </summary>
public sealed record AppendReply(
    MemberId From, MemberId To, ulong Term, bool IsAccepted, ulong Match, LogPoint Hint, ulong Round, bool IsImpaired)
    : Message(From, To, Term);

/// <summary>The leader hands over: the receiver campaigns at once.</summary>
public sealed record CampaignNow(MemberId From, MemberId To, ulong Term) : Message(From, To, Term);
