namespace DfsNet.Consensus;

/// <summary>A member that the log alone does not bring up to date.</summary>
/// <param name="Member">Who.</param>
/// <param name="From">The least index that its snapshot must reach: the log is kept from the next entry on.</param>
public readonly record struct SnapshotWanted(MemberId Member, ulong From);
