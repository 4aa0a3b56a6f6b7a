using DfsNet.Protocol.Wire;

namespace DfsNet;

/// <summary>The world failed: what went wrong, in which step, and whose fault it was.</summary>
public sealed class DfsException : Exception
{
    /// <param name="code">What went wrong; stable, to decide by.</param>
    /// <param name="step">Which step failed, such as "append: flush volume".</param>
    /// <param name="message">One line for people.</param>
    public DfsException(ErrorCode code, string step, string message, Exception? inner = null)
        : base(message, inner)
    {
        Code = code;
        Step = step;
    }

    /// <summary>What went wrong; stable, to decide by.</summary>
    public ErrorCode Code { get; }

    /// <summary>Which step failed.</summary>
    public string Step { get; }

    /// <summary>Where the leader is (host:port), when <see cref="Code"/> is NotLeader and the answering node knows.</summary>
    public string Leader { get; init; } = "";

    /// <summary>The chunk server that failed, when <see cref="Code"/> is ChainFailed; 0 otherwise.</summary>
    public ulong ServerId { get; init; }

    /// <summary>Which side of <see cref="ServerId"/> failed.</summary>
    public FailedSide Side { get; init; }
}
