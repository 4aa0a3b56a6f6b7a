namespace DfsNet.Consensus;

/// <summary>What a leader knows of another member, and how much it has on its way there.</summary>
internal sealed class Peer(MemberId id, ulong next, TimeSpan now)
{
    private readonly Queue<ulong> _inFlight = new();
    private bool _isProbing;

    // The heartbeat that waits for its answer, and the newest entry that was sent before it.
    private ulong _heartbeatRound;
    private ulong _sentBeforeHeartbeat;

    public MemberId Id => id;

    public ulong Match { get; private set; }

    public ulong Next { get; private set; } = next;

    public PeerState State { get; private set; } = PeerState.Probe;

    /// <summary>When it was last heard; a new leader gives everybody its time.</summary>
    public TimeSpan HeardAt { get; private set; } = now;

    /// <summary>It has answered this leader.</summary>
    public bool HasAnswered { get; private set; }

    /// <summary>The newest round of heartbeats it has answered.</summary>
    public ulong Round { get; private set; }

    public bool IsImpaired { get; private set; }

    /// <summary>Whether something may be sent now.</summary>
    public bool IsReady(int inFlightMax) => State switch
    {
        PeerState.Probe => !_isProbing,
        PeerState.Replicate => _inFlight.Count < inFlightMax,
        _ => false,
    };

    public void Hear(AppendReply reply, TimeSpan now)
    {
        HeardAt = now;
        HasAnswered = true;
        Round = Math.Max(Round, reply.Round);
        IsImpaired = reply.IsImpaired;
    }

    /// <summary>Entries up to <paramref name="last"/> (or none) go out.</summary>
    public void Sent(ulong last)
    {
        if (State == PeerState.Probe)
        {
            _isProbing = true;
            return;
        }

        if (last >= Next)
        {
            _inFlight.Enqueue(last);
            Next = last + 1;
        }
    }

    public void SentHeartbeat(ulong round)
    {
        // A probe that got lost is sent again.
        _isProbing = false;
        _heartbeatRound = round;
        _sentBeforeHeartbeat = Next - 1;
    }

    /// <summary>The logs agree up to here.</summary>
    public void Accepted(ulong match, ulong round)
    {
        while (_inFlight.TryPeek(out ulong sent) && sent <= match)
        {
            _inFlight.Dequeue();
        }

        bool isNews = match > Match;
        Match = Math.Max(Match, match);
        Next = Math.Max(Next, Match + 1);
        if (State == PeerState.Probe && isNews)
        {
            BeginReplicating();
        }
        else if (State == PeerState.Replicate && round == _heartbeatRound && Match < _sentBeforeHeartbeat)
        {
            // The heartbeat overtook nothing, and yet entries sent before it are not known to be there: they, or the answer, are lost.
            Probe(Match + 1);
        }
        else if (State == PeerState.Snapshot && isNews)
        {
            Probe(Match + 1);
        }
    }

    /// <summary>The logs differ at an index that was tried; <paramref name="next"/> is where to try again.</summary>
    public void Rejected(ulong tried, ulong next)
    {
        bool isStale = State switch
        {
            PeerState.Probe => tried != Next - 1,
            PeerState.Replicate => tried <= Match,
            _ => true,
        };
        if (!isStale)
        {
            Probe(Math.Max(Math.Min(next, tried), Match + 1));
        }
    }

    /// <summary>It lost what it had: the logs are known to agree nowhere.</summary>
    public void Lost(ulong next)
    {
        Match = 0;
        Probe(next);
    }

    public void BeginSnapshot()
    {
        State = PeerState.Snapshot;
        _inFlight.Clear();
    }

    public void EndSnapshot(ulong next)
    {
        if (State == PeerState.Snapshot)
        {
            Probe(Math.Max(next, Match + 1));
        }
    }

    public PeerProgress Progress(TimeSpan now, TimeSpan silence) =>
        new(id, Match, Next, State, HasAnswered && now - HeardAt < silence, IsImpaired);

    private void BeginReplicating()
    {
        State = PeerState.Replicate;
        _isProbing = false;
        _inFlight.Clear();
        Next = Match + 1;
    }

    private void Probe(ulong next)
    {
        State = PeerState.Probe;
        _isProbing = false;
        _inFlight.Clear();
        Next = next;
    }
}
