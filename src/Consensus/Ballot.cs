namespace DfsNet.Consensus;

/// <summary>The newest term a node knows, and whom it voted for in it (or nobody). On stable storage before anybody hears of it.</summary>
public readonly record struct Ballot(ulong Term, MemberId Vote);
