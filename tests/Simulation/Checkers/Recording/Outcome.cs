using DfsNet.Protocol.Wire;

namespace DfsNet.Simulation.Checkers.Recording;

/// <summary>What a client knows about a change after its call ended.</summary>
internal enum Outcome
{
    /// <summary>It took effect.</summary>
    Done,

    /// <summary>It certainly did not, and never will; the error says why.</summary>
    Refused,

    /// <summary>It did, or did not, or still may.</summary>
    Unknown,
}

/// <summary>
/// Which errors of the client say for certain that a change did not happen. Derived from the client: a refusal by the rules of the
/// namespace is a kept result of exactly this call; SessionEnded, and what is said at the door (OutOfSpace, Overloaded, NotLeader), are
/// only told when no attempt stayed unanswered, and become OutcomeUnknown otherwise; what goes wrong with chunks, of a file that is stored
/// as a whole, goes wrong before its last step. Everything else leaves it open.
/// </summary>
internal static class Outcomes
{
    /// <summary>Of a change in the namespace, or a file stored as a whole.</summary>
    public static Outcome OfChange(ErrorCode error) => error switch
    {
        ErrorCode.InvalidArgument or ErrorCode.NotFound or ErrorCode.AlreadyExists or ErrorCode.NotADirectory or ErrorCode.IsADirectory
            or ErrorCode.DirectoryNotEmpty or ErrorCode.WouldCycle or ErrorCode.ConditionFailed or ErrorCode.LimitExceeded
            or ErrorCode.SessionEnded or ErrorCode.TooFewServers or ErrorCode.NotOwner or ErrorCode.ChunkSealed
            or ErrorCode.PrefixConflict or ErrorCode.OutOfSpace or ErrorCode.Overloaded or ErrorCode.NotLeader => Outcome.Refused,
        _ => Outcome.Unknown,
    };

    /// <summary>Whether the error says something about the names in the file system, rather than about the state of the cluster.</summary>
    public static bool IsAboutNames(ErrorCode error) =>
        error is ErrorCode.NotFound or ErrorCode.AlreadyExists or ErrorCode.NotADirectory or ErrorCode.IsADirectory
            or ErrorCode.DirectoryNotEmpty or ErrorCode.WouldCycle;
}
