namespace DfsNet.Consensus;

/// <summary>One step of a change of members.</summary>
public abstract record MembershipChange;

/// <summary>A new member that learns first; its id is the membership's next.</summary>
public sealed record AddLearner(string Address) : MembershipChange;

/// <summary>A learner that has caught up gets a vote.</summary>
public sealed record PromoteLearner(MemberId Member) : MembershipChange;

/// <summary>A member leaves for good.</summary>
public sealed record RemoveMember(MemberId Member) : MembershipChange;

/// <summary>A member listens elsewhere.</summary>
public sealed record MoveMember(MemberId Member, string Address) : MembershipChange;

/// <summary>Why a change was not put into the log.</summary>
public enum MembershipRefusal
{
    None,
    NotLeading,

    /// <summary>One change at a time: an earlier one, or the first entry of this leader's term, is not committed yet.</summary>
    NotYet,
    Unknown,

    /// <summary>The address is a member's already, or the member has a vote already.</summary>
    Exists,
    TooMany,

    /// <summary>The learner has not caught up.</summary>
    Lags,

    /// <summary>The last voter stays.</summary>
    LastVoter,
}

/// <summary>Where a change stands in the log, or why it does not.</summary>
public readonly record struct MembershipAnswer(LogPoint Point, Membership? Members, MembershipRefusal Refusal);
