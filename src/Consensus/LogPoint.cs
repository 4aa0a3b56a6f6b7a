namespace DfsNet.Consensus;

/// <summary>
/// Where an entry stands in the log: the term of the leader that made it, and its number from 1. (0, 0) is before the first.
/// </summary>
public readonly record struct LogPoint(ulong Term, ulong Index)
{
    public override string ToString() => $"{Term}/{Index}";
}
