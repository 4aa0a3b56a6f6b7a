using System.Globalization;
using DfsNet.Consensus.Tests.Model;

namespace DfsNet.Consensus.Tests.Scenarios;

/// <summary>
/// Plays a scenario: one line is one thing that is done, or one thing that has to be true (docs: scenarios/README.md). Nothing happens by
/// itself: messages wait until they are delivered, and time stands until it passes.
/// </summary>
internal sealed class Play(IReadOnlyList<string> lines)
{
    private static readonly RaftOptions Options = new()
    {
        ElectionTimeout = TimeSpan.FromMilliseconds(1_000),
        HeartbeatInterval = TimeSpan.FromMilliseconds(100),
        LeaseTime = TimeSpan.FromMilliseconds(200),
        TimeoutSpread = 0,
        KeptBytesMax = 20,
    };

    private readonly Dictionary<string, MembershipAnswer> _answers = new(StringComparer.Ordinal);
    private ModelCluster _cluster = null!;

    /// <summary>Throws a <see cref="ModelException"/> that names the line.</summary>
    public void Perform()
    {
        for (int number = 1; number <= lines.Count; number++)
        {
            string line = lines[number - 1].Split('#')[0].Trim();
            if (line.Length == 0)
            {
                continue;
            }

            try
            {
                Do(line.Split(' ', StringSplitOptions.RemoveEmptyEntries));
            }
            catch (ModelException error)
            {
                throw new ModelException($"line {number}, \"{line}\": {error.Message}");
            }
        }
    }

    private void Do(string[] words)
    {
        switch (words[0])
        {
            case "nodes":
                _cluster = new ModelCluster(int.Parse(words[1], CultureInfo.InvariantCulture), Options, new Random(1));
                break;
            case "pass":
                Pass(words[1], words.Skip(2));
                break;
            case "deliver":
                Deliver(words.Skip(1).ToArray());
                break;
            case "settle":
                Settle();
                break;
            case "cut" or "join":
                Cut(words);
                break;
            case "lose":
                _cluster.Messages.Clear();
                break;
            default:
                Do(NodeOf(words[0]), words[1..]);
                Store();
                break;
        }
    }

    private void Do(ModelNode node, string[] words)
    {
        switch (words[0])
        {
            case "proposes":
                Require(node.Propose([.. words[1].Select(letter => (byte)letter)]) is not null, "it is not taken");
                break;
            case "is":
                Is(node, words[1], words.Length > 2 ? words[2..] : []);
                break;
            case "has":
                Has(node, words[1..]);
                break;
            case "crashes":
                node.Crash();
                break;
            case "boots":
                node.Boot();
                break;
            case "holds":
                node.HoldsDisk = true;
                break;
            case "releases":
                node.HoldsDisk = false;
                Store();
                break;
            case "refuses":
                node.Refuse();
                break;
            case "flushes":
                node.Flush(kept: 0);
                break;
            case "loses":
                node.Disk.LoseLog();
                break;
            case "reads":
                _cluster.Read(node);
                break;
            case "answered":
                Require(_cluster.ReadsAnswered == Number(words[1]), $"{_cluster.ReadsAnswered} reads are answered");
                break;
            case "transfers":
                node.Transfer(IdOf(words[1]));
                break;
            case "steps":
                node.StepDown();
                break;
            case "lease":
                Require(node.Raft!.LeaseEnd > node.Now() == (words[1] == "yes"), $"its lease ends at {node.Raft.LeaseEnd}");
                break;
            default:
                Change(node, words);
                break;
        }
    }

    private void Change(ModelNode node, string[] words)
    {
        MembershipChange change = words[0] switch
        {
            "adds" => new AddLearner(words[1]),
            "promotes" => new PromoteLearner(IdOf(words[1])),
            "removes" => new RemoveMember(IdOf(words[1])),
            _ => throw new ModelException("nobody knows what this means"),
        };
        var answer = node.Change(change);
        string outcome = words.Length > 3 ? words[3] : "None";
        Require(answer.Refusal.ToString() == outcome, $"the answer is {answer.Refusal}");
        if (change is AddLearner && answer.Members is { } members)
        {
            _cluster.Join(members.Members[^1].Id);
        }

        _answers[words[0]] = answer;
    }

    private void Is(ModelNode node, string role, string[] more)
    {
        var standing = node.Raft?.Standing ?? throw new ModelException("it is down");
        string present = node.Raft.IsImpaired && role == "impaired" ? "impaired" : standing.Role.ToString().ToLowerInvariant();
        Require(present == role, $"it is {present} in term {standing.Term}");
        if (more is ["in", "term", var term])
        {
            Require(standing.Term == (ulong)Number(term), $"it is in term {standing.Term}");
        }
        else if (more is ["of", var leader])
        {
            Require(standing.Leader == IdOf(leader), $"its leader is {standing.Leader}");
        }
    }

    private void Has(ModelNode node, string[] words)
    {
        ulong number = (ulong)Number(words[^1]);
        ulong present = words[0] switch
        {
            "applied" => node.State.Applied.Index,
            "committed" => node.Raft!.CommitIndex,
            "last" => node.Raft!.Last.Index,
            "voters" => (ulong)node.Raft!.Membership.Voters.Count,
            _ => throw new ModelException("nobody knows what this means"),
        };
        Require(present == number, $"it has {words[0]} {present}");
    }

    // Time passes in small steps, and only these nodes notice (all of them where none is named); messages go on waiting.
    private void Pass(string milliseconds, IEnumerable<string> names)
    {
        var ids = names.Select(IdOf).ToHashSet();
        for (int left = Number(milliseconds); left > 0; left -= 10)
        {
            _cluster.Pass(TimeSpan.FromMilliseconds(Math.Min(10, left)));
            foreach (var node in _cluster.Nodes.Where(node => ids.Count == 0 || ids.Contains(node.Id)).ToList())
            {
                node.Tick();
                node.ReadByLease();
            }

            Store();
        }
    }

    private void Deliver(string[] words)
    {
        bool IsMeant(Message message) => words.Length == 0
            || (words is [var from, "to", var to] && message.From == IdOf(from) && message.To == IdOf(to));
        for (int place; (place = _cluster.Messages.FindIndex(IsMeant)) >= 0;)
        {
            _cluster.Deliver(place, keeps: false);
            Store();
            if (words.Length > 0 && _cluster.Messages.FindIndex(IsMeant) < 0)
            {
                return;
            }
        }
    }

    // Until nothing is on its way any more.
    private void Settle()
    {
        for (int round = 0; round < 40; round++)
        {
            Deliver([]);
            while (_cluster.Snapshots.Count > 0)
            {
                _cluster.EndSnapshot(0, arrives: true);
            }

            Pass("10", []);
        }

        Deliver([]);
    }

    private void Cut(string[] words)
    {
        // "cut A B": both ways; "cut A to B": one way.
        bool isOneWay = words is [_, _, "to", _];
        var (from, to) = (IdOf(words[1]), IdOf(words[^1]));
        foreach (var link in isOneWay ? [(from, to)] : new[] { (from, to), (to, from) })
        {
            _ = words[0] == "cut" ? _cluster.Cuts.Add(link) : _cluster.Cuts.Remove(link);
        }
    }

    private void Store()
    {
        foreach (var node in _cluster.Nodes.ToList())
        {
            while (node.IsUp && node.HasToStore && !node.HoldsDisk)
            {
                node.StoreNext();
            }
        }
    }

    private ModelNode NodeOf(string name) => _cluster.Node(IdOf(name));

    // A is node 1, B is node 2, …
    private static MemberId IdOf(string name) => name.Length == 1 && char.IsAsciiLetterUpper(name[0])
        ? new MemberId((ulong)(name[0] - 'A') + 1)
        : throw new ModelException($"{name} is no node");

    private static int Number(string word) => int.Parse(word, CultureInfo.InvariantCulture);

    private static void Require(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new ModelException(otherwise);
        }
    }
}
