namespace DfsNet.Consensus.Tests.Model;

/// <summary>
/// Several nodes, a network between them, and what must always hold: one leader a term, one entry an index, everything acknowledged is
/// there, and no read sees less.
/// </summary>
internal sealed class ModelCluster
{
    private readonly Dictionary<ulong, int> _digests = [];
    private readonly Dictionary<ulong, MemberId> _leaders = [];
    private readonly List<(MemberId Leader, ulong Term, MemberId To, ModelState State)> _snapshots = [];
    private readonly SortedDictionary<MemberId, ModelNode> _nodes = [];
    private ulong _reads;

    public ModelCluster(int voters, RaftOptions options, Random random)
    {
        Options = options;
        Random = random;
        var ids = Enumerable.Range(1, voters).Select(number => new MemberId((ulong)number)).ToList();
        Founders = new Membership(ids.Select(member => new Member(member, $"n{member}", IsLearner: false)), (ulong)voters + 1);
        Newest = Founding = new ModelState(default, 0, Founders);
        foreach (var member in ids)
        {
            Add(member, Founding);
        }
    }

    public RaftOptions Options { get; }

    public Random Random { get; }

    public Membership Founders { get; }

    private ModelState Founding { get; }

    public TimeSpan Now { get; private set; }

    public IReadOnlyCollection<ModelNode> Nodes => _nodes.Values;

    /// <summary>Messages on their way, in the order they were sent.</summary>
    public List<Message> Messages { get; } = [];

    /// <summary>Links on which everything is lost, one way.</summary>
    public HashSet<(MemberId From, MemberId To)> Cuts { get; } = [];

    public IReadOnlyList<(MemberId Leader, ulong Term, MemberId To, ModelState State)> Snapshots => _snapshots;

    /// <summary>The newest index whose proposer was told that it is done.</summary>
    public ulong Acknowledged { get; private set; }

    public int ReadsAnswered { get; set; }

    /// <summary>The furthest state that any node has come to.</summary>
    public ModelState Newest { get; private set; }

    public ModelNode Node(MemberId member) => _nodes[member];

    public ModelNode? Leader => Nodes.Where(node => node.IsLeader).MaxBy(node => node.Raft!.Standing.Term);

    public void Pass(TimeSpan time) => Now += time;

    /// <summary>A node that joins: it knows nothing until the leader speaks to it.</summary>
    public ModelNode Join(MemberId member) => Add(member, new ModelState(default, 0, Membership.Empty));

    public void Remove(MemberId member) => _nodes.Remove(member);

    public void Post(Message message)
    {
        if (!Cuts.Contains((message.From, message.To)))
        {
            Messages.Add(message);
        }
    }

    /// <summary>One message arrives, again and again if it is kept.</summary>
    public void Deliver(int place, bool keeps)
    {
        var message = Messages[place];
        if (!keeps)
        {
            Messages.RemoveAt(place);
        }

        if (!Cuts.Contains((message.From, message.To)) && _nodes.TryGetValue(message.To, out var node))
        {
            node.Step(message);
        }
    }

    public void Read(ModelNode node) => node.Read(++_reads);

    public void Stood(ModelNode node, Standing standing)
    {
        if (standing.Role == Role.Leader && !_leaders.TryAdd(standing.Term, node.Id) && _leaders[standing.Term] != node.Id)
        {
            throw new ModelException($"nodes {_leaders[standing.Term]} and {node.Id} both lead in term {standing.Term}");
        }
    }

    public void Applied(ModelNode node, ModelState state, bool isAcknowledged)
    {
        if (!_digests.TryAdd(state.Applied.Index, state.Digest) && _digests[state.Applied.Index] != state.Digest)
        {
            throw new ModelException($"node {node.Id} differs from others at entry {state.Applied}");
        }

        Newest = state.Applied.Index > Newest.Applied.Index ? state : Newest;
        if (isAcknowledged)
        {
            Acknowledged = Math.Max(Acknowledged, state.Applied.Index);
        }
    }

    public void SnapshotWanted(ModelNode leader, MemberId to) =>
        _snapshots.Add((leader.Id, leader.Raft!.Standing.Term, to, leader.State));

    /// <summary>A snapshot is there whole, or never comes.</summary>
    public void EndSnapshot(int place, bool arrives)
    {
        var (from, term, to, state) = _snapshots[place];
        _snapshots.RemoveAt(place);
        LogPoint? installed = arrives && !Cuts.Contains((from, to)) && _nodes.TryGetValue(to, out var node)
            ? node.Offer(from, term, state)
            : null;
        if (_nodes.TryGetValue(from, out var leader) && leader.Raft?.Standing.Term == term)
        {
            leader.SnapshotEnded(to, installed);
        }
    }

    private ModelNode Add(MemberId member, ModelState state)
    {
        var node = new ModelNode(member, new ModelDisk(state), this);
        _nodes.Add(member, node);
        node.Boot();
        return node;
    }
}
