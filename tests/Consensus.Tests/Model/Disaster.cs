namespace DfsNet.Consensus.Tests.Model;

/// <summary>
/// A history drawn from a seed: work, and everything that may go wrong; then rest, in which the cluster has to come round.
/// </summary>
internal sealed class Disaster
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(20);

    private readonly Random _random;
    private readonly ModelCluster _cluster;
    private readonly double _trouble;
    private readonly double _loss;
    private readonly double _changes;
    private readonly double _reads;
    private readonly Dictionary<MemberId, int> _asleep = [];
    private byte _body;

    public Disaster(int seed)
    {
        _random = new Random(seed);
        _trouble = _random.NextDouble() * 0.06;
        _loss = _random.Next(2) == 0 ? 0 : _random.NextDouble() * 0.3;
        _changes = _random.Next(2) == 0 ? 0 : _random.NextDouble() * 0.2;
        _reads = _random.NextDouble() * 0.6;
        var options = new RaftOptions
        {
            ElectionTimeout = TimeSpan.FromMilliseconds(800),
            HeartbeatInterval = TimeSpan.FromMilliseconds(100),
            LeaseTime = TimeSpan.FromMilliseconds(160),
            InFlightMax = _random.Next(1, 6),
            MessageBytesMax = _random.Next(1, 40),
            KeptBytesMax = _random.Next(0, 60),
            CommittedBytesMax = _random.Next(1, 20),
            UncommittedBytesMax = 400,
        };
        _cluster = new ModelCluster(_random.Next(4) switch { 0 => 1, 1 => 2, 2 => 5, _ => 3 }, options, _random);
    }

    public string Story => $"trouble {_trouble:F3}, loss {_loss:F2}, {_cluster.Nodes.Count} nodes, {_cluster.Newest.Applied.Index} entries";

    public ModelCluster Run(int steps)
    {
        for (int step = 0; step < steps; step++)
        {
            Trouble();
            Work();
            Proceed(_loss);
        }

        Rest();
        return _cluster;
    }

    private bool Happens(double probability) => _random.NextDouble() < probability;

    private ModelNode AnyNode() => _cluster.Nodes.ElementAt(_random.Next(_cluster.Nodes.Count));

    private void Proceed(double loss)
    {
        _cluster.Pass(Step * _random.NextDouble() * 2);
        foreach (var node in _cluster.Nodes.Where(IsAwake).ToList())
        {
            node.Tick();
            while (node.HasToStore && !node.HoldsDisk && Happens(0.8))
            {
                node.StoreNext();
            }

            node.ReadByLease();
        }

        for (int left = _random.Next(_cluster.Messages.Count + 1) + 2; left > 0 && _cluster.Messages.Count > 0; left--)
        {
            int place = Happens(0.8) ? 0 : _random.Next(_cluster.Messages.Count);
            if (Happens(loss) || !_cluster.Nodes.Any(node => node.Id == _cluster.Messages[place].To))
            {
                _cluster.Messages.RemoveAt(place);
            }
            else if (IsAwake(_cluster.Node(_cluster.Messages[place].To)))
            {
                _cluster.Deliver(place, keeps: loss > 0 && Happens(0.05));
            }
        }

        if (_cluster.Snapshots.Count > 0 && Happens(0.3))
        {
            _cluster.EndSnapshot(_random.Next(_cluster.Snapshots.Count), arrives: Happens(0.7));
        }
    }

    private bool IsAwake(ModelNode node)
    {
        if (_asleep.TryGetValue(node.Id, out int left))
        {
            _asleep[node.Id] = left - 1;
            if (left <= 1)
            {
                _asleep.Remove(node.Id);
            }

            return false;
        }

        return true;
    }

    private void Work()
    {
        foreach (var node in _cluster.Nodes.Where(node => node.IsLeader).ToList())
        {
            if (Happens(0.5))
            {
                node.Propose([++_body, .. new byte[_random.Next(6)]]);
            }

            if (Happens(_reads))
            {
                _cluster.Read(node);
            }

            if (Happens(_changes))
            {
                ChangeMembers(node);
            }
        }

        if (Happens(0.05))
        {
            var node = AnyNode();
            node.Flush(_random.Next(8));
        }
    }

    private void ChangeMembers(ModelNode leader)
    {
        var members = leader.Raft!.Membership;
        var any = members.Members[_random.Next(members.Members.Count)].Id;
        switch (_random.Next(4))
        {
            case 0 when members.Members.Count < 6:
                var added = leader.Change(new AddLearner($"n{members.NextId}-{leader.Raft.Standing.Term}"));
                if (added.Members is { } next && _cluster.Nodes.All(node => node.Id != next.Members[^1].Id))
                {
                    _cluster.Join(next.Members[^1].Id);
                }

                break;
            case 1:
                leader.Change(new PromoteLearner(members.Members.FirstOrDefault(member => member.IsLearner)?.Id ?? any));
                break;
            case 2 when members.Voters.Count > 2:
                leader.Change(new RemoveMember(any));
                break;
            default:
                leader.Transfer(any);
                break;
        }
    }

    private void Trouble()
    {
        if (!Happens(_trouble))
        {
            return;
        }

        var node = AnyNode();
        switch (_random.Next(12))
        {
            case 10:
                // Once more, and at once: what was in memory is gone, what was said stands.
                node.Crash();
                node.Boot();
                break;
            case 11:
                Isolate(_cluster.Leader ?? node);
                break;
            case 0 or 1:
                node.Crash();
                if (MayLoseLog(node) && Happens(0.3))
                {
                    node.Disk.LoseLog();
                }

                break;
            case 2:
                foreach (var each in _cluster.Nodes.Where(each => !each.IsUp).ToList())
                {
                    each.Boot();
                }

                break;
            case 3:
                var other = AnyNode();
                _cluster.Cuts.Add((node.Id, other.Id));
                _cluster.Cuts.Add(Happens(0.5) ? (other.Id, node.Id) : (node.Id, other.Id));
                break;
            case 4:
                Isolate(node);
                break;
            case 5:
                _cluster.Cuts.Clear();
                break;
            case 6:
                node.HoldsDisk = !node.HoldsDisk;
                break;
            case 7 when node.IsUp:
                node.Refuse();
                break;
            case 8:
                _asleep[node.Id] = _random.Next(80);
                break;
            default:
                node.Rate = 0.5 + _random.NextDouble() * 1.5;
                break;
        }
    }

    private void Isolate(ModelNode node)
    {
        foreach (var each in _cluster.Nodes)
        {
            _cluster.Cuts.Add((node.Id, each.Id));
            _cluster.Cuts.Add((each.Id, node.Id));
        }
    }

    // A minority of those who may hold an acknowledged entry: nobody else is impaired, and three voters are agreed on.
    private bool MayLoseLog(ModelNode node) => _cluster.Nodes.All(other => other == node || !other.Disk.IsImpaired)
        && _cluster.Nodes.All(other => (other.Raft?.Membership ?? other.Disk.Restore().Membership).Voters.Count >= 3)
        && _changes == 0;

    /// <summary>Nothing goes wrong any more: there is a leader soon, and everybody comes to the same state.</summary>
    private void Rest()
    {
        _cluster.Cuts.Clear();
        _asleep.Clear();
        foreach (var node in _cluster.Nodes.ToList())
        {
            node.HoldsDisk = false;
            node.Rate = 1;
            if (!node.IsUp)
            {
                node.Boot();
            }
        }

        LogPoint? last = null;
        for (int step = 0; step < 3_000; step++)
        {
            Proceed(loss: 0);
            if (step % 100 == 0)
            {
                // Again and again: a leader may lose its place, and the entry with it.
                last = _cluster.Leader?.Propose([1]);
            }
            else if (last is { } point && IsAgreed(point))
            {
                return;
            }
        }

        var standings = _cluster.Nodes.Select(node => $"{node.Id}: {node.Raft!.Standing} at {node.State.Applied}, last {node.Raft.Last}, "
            + $"members {node.Raft.Membership}{(node.Raft.IsImpaired ? ", impaired" : "")}");
        throw new ModelException($"the cluster did not come round: {string.Join("; ", standings)}");
    }

    private bool IsAgreed(LogPoint last)
    {
        var members = _cluster.Newest.Members;
        return _cluster.Nodes.Where(node => members.Find(node.Id) is not null)
            .All(node => node.State.Applied.Index >= last.Index && !node.Raft!.IsImpaired);
    }
}
