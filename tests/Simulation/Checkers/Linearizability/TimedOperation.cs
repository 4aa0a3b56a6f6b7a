namespace DfsNet.Simulation.Checkers.Linearizability;

/// <summary>
/// One operation of a history. What returned before another was invoked happened before it; all others may have happened in any order.
/// </summary>
/// <param name="What">What was asked, and what came back.</param>
/// <param name="Client">Who asked.</param>
/// <param name="Invoked">When it was asked: nothing of it happened before.</param>
/// <param name="Returned">When it was answered; <see cref="Never"/> when it may still happen later.</param>
internal sealed record TimedOperation<TOperation>(TOperation What, int Client, long Invoked, long Returned)
{
    public const long Never = long.MaxValue;

    /// <summary>It may as well never have happened: its outcome is unknown, or it is only a step that another operation may need.</summary>
    public bool IsOptional { get; init; } = Returned == Never;

    /// <summary>The operation that this optional step is for: of no use after it.</summary>
    public TimedOperation<TOperation>? Serves { get; init; }
}
