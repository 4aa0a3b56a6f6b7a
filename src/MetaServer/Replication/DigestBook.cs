using DfsNet.Consensus;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Replication;

/// <summary>
/// What the state came to at some applied entries, here and at the other members. The leader compares: what a majority agrees on counts,
/// and a node that came to something else has a defect or a rotten disk, and must not answer anybody any more.
/// </summary>
internal sealed class DigestBook(MemberId self)
{
    /// <summary>Entries between two checkpoints: rare enough to cost nothing, often enough to be compared within moments.</summary>
    public const ulong Interval = 32;

    // A member that lags further behind is compared when it has caught up.
    private const int KeptMax = 1_024;

    // Guards all fields: the applier notes, streams of other members report.
    private readonly Lock _lock = new();
    private readonly SortedDictionary<ulong, uint> _own = [];
    private readonly SortedDictionary<ulong, Dictionary<MemberId, uint>> _reports = [];
    private readonly HashSet<MemberId> _diverged = [];
    private RaftDigest? _newest;
    private RaftDigest? _agreed;
    private string? _divergence;

    /// <summary>This node's newest checkpoint; null before the first.</summary>
    public RaftDigest? Newest
    {
        get
        {
            lock (_lock)
            {
                return _newest;
            }
        }
    }

    /// <summary>The newest checkpoint that a majority agrees on, as far as this node has heard.</summary>
    public RaftDigest? Agreed
    {
        get
        {
            lock (_lock)
            {
                return _agreed;
            }
        }
    }

    /// <summary>Set for good when this node's state differs from that of a majority.</summary>
    public string? Divergence
    {
        get
        {
            lock (_lock)
            {
                return _divergence;
            }
        }
    }

    /// <summary>Members whose state differs from that of a majority, as far as this node, leading, has heard.</summary>
    public IReadOnlyCollection<MemberId> Diverged
    {
        get
        {
            lock (_lock)
            {
                return [.. _diverged];
            }
        }
    }

    /// <summary>This node has applied an entry.</summary>
    public void Note(ulong index, uint value)
    {
        if (index % Interval != 0)
        {
            return;
        }

        lock (_lock)
        {
            _own[index] = value;
            _newest = new RaftDigest { Index = index, Value = value };
            Bound(_own);
            Judge();
        }
    }

    /// <summary>Another member came to this; <paramref name="members"/> are those that count.</summary>
    public void Report(MemberId from, RaftDigest digest, Membership members)
    {
        lock (_lock)
        {
            if (!_reports.TryGetValue(digest.Index, out var values))
            {
                _reports.Add(digest.Index, values = []);
                Bound(_reports);
            }

            values[from] = digest.Value;
            Compare(digest.Index, values, members);
        }
    }

    /// <summary>The leader says what a majority came to.</summary>
    public void Agree(RaftDigest agreed)
    {
        lock (_lock)
        {
            _agreed = agreed;
            Judge();
        }
    }

    private void Compare(ulong index, Dictionary<MemberId, uint> values, Membership members)
    {
        if (!_own.TryGetValue(index, out uint own))
        {
            return;
        }

        var all = values.Append(new KeyValuePair<MemberId, uint>(self, own)).Where(pair => members.IsVoter(pair.Key)).ToList();
        var majority = all.GroupBy(pair => pair.Value).FirstOrDefault(group => group.Count() >= members.Quorum);
        if (majority is null)
        {
            return;
        }

        if (_agreed is null || index >= _agreed.Index)
        {
            _agreed = new RaftDigest { Index = index, Value = majority.Key };
        }

        _diverged.ExceptWith(values.Where(pair => pair.Value == majority.Key).Select(pair => pair.Key));
        _diverged.UnionWith(values.Where(pair => pair.Value != majority.Key).Select(pair => pair.Key));
        Judge();
    }

    private void Judge()
    {
        if (_agreed is { } agreed && _own.TryGetValue(agreed.Index, out uint own) && own != agreed.Value)
        {
            _divergence = $"at entry {agreed.Index} this server's state has digest {own:x8}, that of a majority {agreed.Value:x8}";
        }
    }

    private static void Bound<T>(SortedDictionary<ulong, T> checkpoints)
    {
        if (checkpoints.Count > KeptMax)
        {
            checkpoints.Remove(checkpoints.Keys.First());
        }
    }
}
