namespace DfsNet.Consensus.Tests.Model;

/// <summary>
/// One node: a core, driven as <see cref="Output"/> says, over a disk that may be slow, full, or lose what was not flushed.
/// </summary>
internal sealed class ModelNode(MemberId id, ModelDisk disk, ModelCluster cluster)
{
    private readonly Queue<Output> _storing = new();
    private readonly Dictionary<ulong, ulong> _reads = [];
    private readonly HashSet<LogPoint> _waiting = [];
    private TimeSpan _clockAt;
    private TimeSpan _clock;
    private bool _hasAppliedOwn;

    public MemberId Id => id;

    public ModelDisk Disk => disk;

    /// <summary>How fast its clock runs.</summary>
    public double Rate { get; set; } = 1;

    /// <summary>Stored by nothing until released.</summary>
    public bool HoldsDisk { get; set; }

    public Raft? Raft { get; private set; }

    public ModelState State { get; private set; } = disk.State;

    public bool IsUp => Raft is not null;

    public bool IsLeader => Raft?.Standing.Role == Role.Leader;

    public bool HasToStore => _storing.Count > 0;

    public void Boot()
    {
        State = disk.State;
        _hasAppliedOwn = false;
        Raft = new Raft(id, cluster.Options, disk.Restore(), new Random(cluster.Random.Next()), Now());
    }

    /// <summary>Everything that is not on stable storage is gone.</summary>
    public void Crash()
    {
        Raft = null;
        State = disk.State;
        _storing.Clear();
        _reads.Clear();
        _waiting.Clear();
    }

    public void Tick() => Do(raft => raft.Tick(Now()));

    public void Step(Message message) => Do(raft => raft.Step(message, Now()));

    public LogPoint? Propose(byte[] body)
    {
        LogPoint? point = null;
        Do(raft => point = raft.Propose(body));
        if (point is { } taken)
        {
            _waiting.Add(taken);
        }

        return point;
    }

    public MembershipAnswer Change(MembershipChange change)
    {
        MembershipAnswer answer = default;
        Do(raft => answer = raft.ProposeMembership(change));
        return answer;
    }

    public void Transfer(MemberId to) => Do(raft => raft.Transfer(to, Now()));

    public void StepDown() => Do(raft => raft.StepDown(Now()));

    /// <summary>Must see everything that was acknowledged by now.</summary>
    public void Read(ulong read)
    {
        _reads[read] = cluster.Acknowledged;
        Do(raft => raft.Read(read, Now()));
    }

    /// <summary>What a read by lease would see, where there is a lease.</summary>
    public void ReadByLease()
    {
        if (Raft is { } raft && Now() < raft.LeaseEnd && _hasAppliedOwn && State.Applied.Index < cluster.Acknowledged)
        {
            throw new ModelException($"node {id} holds a lease at entry {State.Applied.Index}, and {cluster.Acknowledged} is acknowledged");
        }
    }

    /// <summary>The oldest output is on stable storage.</summary>
    public void StoreNext()
    {
        var output = _storing.Dequeue();
        disk.Ballot = output.Ballot ?? disk.Ballot;
        disk.Append(output.Entries);
        foreach (var message in output.Messages)
        {
            cluster.Post(message);
        }

        if (output.Ticket != 0)
        {
            Do(raft => raft.Stored(output.Ticket));
        }
    }

    /// <summary>The disk is full: nothing of what waits for it is stored.</summary>
    public void Refuse()
    {
        _storing.Clear();
        Do(raft => raft.Refused(Now()));
    }

    /// <summary>The state goes to the disk, and the log below it is cut.</summary>
    public void Flush(int kept) => disk.Flush(State, kept);

    /// <summary>The state of another node takes the place of this one's, when the core wants it.</summary>
    public LogPoint? Offer(MemberId from, ulong term, ModelState snapshot)
    {
        var verdict = Raft?.Judge(from, term, snapshot.Applied, stops: true, Now()) ?? SnapshotVerdict.Refused;
        if (verdict == SnapshotVerdict.Wanted)
        {
            // What waits for the disk is stored or not, as it comes; nothing of it is said any more.
            Crash();
            disk.Install(snapshot);
            Boot();
        }
        else
        {
            Pump();
        }

        return verdict == SnapshotVerdict.Refused ? null : snapshot.Applied;
    }

    public void SnapshotEnded(MemberId member, LogPoint? installed) => Do(raft => raft.SnapshotEnded(member, installed));

    public TimeSpan Now()
    {
        _clock += (cluster.Now - _clockAt) * Rate;
        _clockAt = cluster.Now;
        return _clock;
    }

    private void Do(Action<Raft> action)
    {
        if (Raft is { } raft)
        {
            action(raft);
            Pump();
        }
    }

    private void Pump()
    {
        while (Raft?.TakeOutput() is { } output)
        {
            if (output.Standing is { } standing)
            {
                _hasAppliedOwn = false;
                cluster.Stood(this, standing);
            }

            if (output.Ticket != 0 || output.Messages.Count > 0)
            {
                _storing.Enqueue(output);
            }

            Apply(output.Committed);
            Answer(output);
            foreach (var (member, _) in output.SnapshotsWanted)
            {
                cluster.SnapshotWanted(this, member);
            }
        }

        if (Raft is { IsImpaired: false })
        {
            disk.IsImpaired = false;
        }
    }

    private void Apply(IReadOnlyList<Entry> entries)
    {
        foreach (var entry in entries)
        {
            State = State.Apply(entry);
            _hasAppliedOwn |= entry.Point.Term == Raft!.Standing.Term && IsLeader;
            cluster.Applied(this, State, isAcknowledged: _waiting.Remove(entry.Point));
        }

        if (entries.Count > 0)
        {
            Raft!.Applied(entries[^1].Point.Index);
        }
    }

    private void Answer(Output output)
    {
        foreach (var ready in output.Reads)
        {
            if (ready.Index < _reads[ready.Id])
            {
                throw new ModelException($"a read at node {id} sees entry {ready.Index}, and {_reads[ready.Id]} was acknowledged before");
            }

            _reads.Remove(ready.Id);
            cluster.ReadsAnswered++;
        }

        foreach (ulong lost in output.LostReads)
        {
            _reads.Remove(lost);
        }
    }
}
