namespace DfsNet.Consensus;

/// <summary>
/// One member: who it is, where it listens (host:port), and whether it only learns: a learner gets entries and has no vote.
/// </summary>
public sealed record Member(MemberId Id, string Address, bool IsLearner);
