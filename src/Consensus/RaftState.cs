using DfsNet.Integrity;

namespace DfsNet.Consensus;

/// <summary>What the parts of the core share: who this node is, its term, its log, and what it has to say.</summary>
internal sealed class RaftState
{
    private readonly Random _random;
    private Ballot _storedBallot;

    public RaftState(MemberId self, RaftOptions options, Restored restored, Random random, TimeSpan now)
    {
        Self = self;
        Options = options;
        Log = new StableLog(restored);
        _random = random;
        Now = now;

        // A log may be ahead of the ballot: entries of a new term and the term itself are flushed side by side.
        ulong newest = Math.Max(restored.Ballot.Term, Log.Last.Term);
        Ballot = newest == restored.Ballot.Term ? restored.Ballot : new Ballot(newest, MemberId.None);
        _storedBallot = restored.Ballot;
        CommitIndex = restored.AppliedIndex;
        Repair = new Repair(restored.IsImpaired);
        Log.Settle(CommitIndex);
        Invariant.Require(CommitIndex <= Log.Last.Index, "what is applied is in the log");
    }

    public MemberId Self { get; }

    public RaftOptions Options { get; }

    public StableLog Log { get; }

    /// <summary>As of the call that is being served; never goes back.</summary>
    public TimeSpan Now { get; private set; }

    public Ballot Ballot { get; private set; }

    public ulong Term => Ballot.Term;

    public Role Role { get; set; }

    public MemberId Leader { get; set; }

    public ulong CommitIndex { get; private set; }

    public Repair Repair { get; }

    public List<Message> Messages { get; } = [];

    public bool IsVoter => Log.Members.IsVoter(Self);

    public bool IsSoleVoter => IsVoter && Log.Members.Voters.Count == 1;

    /// <summary>The ballot differs from what was last handed out to be stored.</summary>
    public bool HasBallotToStore => Ballot != _storedBallot;

    public void Observe(TimeSpan now) => Now = now > Now ? now : Now;

    public void Vote(ulong term, MemberId vote) => Ballot = new Ballot(term, vote);

    public Ballot HandOutBallot()
    {
        _storedBallot = Ballot;
        return Ballot;
    }

    public void Send(Message message) => Messages.Add(message);

    public TimeSpan DrawElectionTimeout() => Options.ElectionTimeout * (1 + _random.NextDouble() * Options.TimeoutSpread);

    public void Commit(ulong index)
    {
        if (index <= CommitIndex)
        {
            return;
        }

        CommitIndex = index;
        Log.Settle(index);
    }

    /// <summary>
    /// What was handed out to be stored is gone, also where others had it and it was committed: this node has to get it again.
    /// </summary>
    public void ForgetUnstored()
    {
        Log.ForgetUnstored();
        CommitIndex = Math.Min(CommitIndex, Log.Last.Index);
        _storedBallot = default;
    }
}
