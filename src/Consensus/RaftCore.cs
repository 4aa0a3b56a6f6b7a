namespace DfsNet.Consensus;

/// <summary>
/// The consensus of one node (Ongaro: Consensus, Bridging Theory and Practice; the shape is that of etcd's raft). Pure: messages, proposals
/// and the time go in, one <see cref="Output"/> at a time comes out. Not thread-safe: one owner calls it.
/// Times are those of a monotonic clock of the caller, never going back.
/// </summary>
public sealed class RaftCore
{
    /// <param name="random">Spreads election timeouts.</param>
    public RaftCore(MemberId self, RaftOptions options, Restored restored, Random random, TimeSpan now)
    {
    }

    public Standing Standing { get; }

    public ulong CommitIndex { get; }

    public LogPoint Last { get; }

    /// <summary>The members that count now: those of the newest membership entry in the log.</summary>
    public Membership Membership { get; }

    /// <summary>See <see cref="Restored.IsImpaired"/>.</summary>
    public bool IsImpaired { get; }

    /// <summary>What the leader knows of each other member; empty elsewhere.</summary>
    public IReadOnlyList<PeerProgress> Progress { get; }

    /// <summary>Call at least every tenth of the heartbeat interval... (helper: state the real need)</summary>
    public void Tick(TimeSpan now) {}

    /// <summary>Takes a message from another member. Nonsense and messages for others are ignored.</summary>
    public void Step(Message message, TimeSpan now) {}

    /// <summary>Puts a command into the log; where it stands, or null when this node does not lead, hands over, or has too much uncommitted.</summary>
    public LogPoint? Propose(ReadOnlyMemory<byte> body) => null;

    /// <summary>Changes the members by one; null-like refusal values tell why not (not leading, one under way, nothing of this term committed yet, learner lags, unknown, exists).</summary>
    public MembershipAnswer ProposeMembership(MembershipChange change) => default;

    /// <summary>Asks for a read point; it, or its loss, comes with an output under this id. </summary>
    public void Read(ulong id, TimeSpan now) {}

    /// <summary>Hands leadership over once the member has everything; given up after an election timeout.</summary>
    public bool Transfer(MemberId to, TimeSpan now) => false;

    /// <summary>Stops leading (the disk is slow or failing); does nothing elsewhere.</summary>
    public void StepDown(TimeSpan now) {}

    /// <summary>What the output with this ticket, and every earlier one, stored is on stable storage.</summary>
    public void Stored(ulong ticket) {}

    /// <summary>The state machine has applied up to here.</summary>
    public void Applied(ulong index) {}

    /// <summary>A snapshot that was wanted has been installed by the member, or not (null).</summary>
    public void SnapshotEnded(MemberId member, LogPoint? installed) {}

    /// <summary>
    /// A whole and verified snapshot from the leader of <paramref name="term"/> lies ready: whether it is ahead of what is committed here.
    /// </summary>
    public bool Wants(LogPoint snapshot, ulong term) => false;

    /// <summary>The snapshot is installed on stable storage: the log begins behind it, nothing before is known any more.</summary>
    public void Installed(LogPoint snapshot, Membership membership, TimeSpan now) {}

    /// <summary>What has to be done next, or null.</summary>
    public Output? TakeOutput() => null;
}
