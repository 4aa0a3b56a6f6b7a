using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Cluster;

/// <summary>
/// Which sessions live, how long each has been silent in ticks, and which inodes each holds open. Soft: a new leader gives every session a
/// full timeout and reclaims nothing before each has said what it holds.
/// </summary>
internal sealed class SessionTable(TickCounter ticks, TimeSpan timeout)
{
    // What a session may hold open: an open file costs its client far more than these eight bytes.
    private const int HeldMax = 100_000;

    // Guards all fields: the applier opens and ends, services touch, the tick expires.
    private readonly Lock _lock = new();
    private readonly SortedDictionary<SessionId, Session> _sessions = new(Comparer<SessionId>.Create((a, b) => a.Value.CompareTo(b.Value)));
    private readonly Dictionary<InodeId, int> _holders = [];

    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _sessions.Count;
            }
        }
    }

    /// <summary>
    /// A session of the record. One that was opened now holds nothing; one that a new leader found must say what it holds.
    /// </summary>
    public void Add(SessionId session, bool isNew)
    {
        lock (_lock)
        {
            _sessions.TryAdd(session, new Session { HeardAt = ticks.Now, HasReported = isNew });
        }
    }

    public void Remove(SessionId session)
    {
        lock (_lock)
        {
            if (_sessions.Remove(session, out var ended))
            {
                ReleaseAll(ended);
            }
        }
    }

    /// <summary>Any request is a sign of life. False: there is no such session.</summary>
    public bool Touch(SessionId session)
    {
        lock (_lock)
        {
            if (!_sessions.TryGetValue(session, out var known))
            {
                return false;
            }

            known.HeardAt = ticks.Now;
            return true;
        }
    }

    /// <summary>Notes what the session holds; true when the whole list is wanted next time.</summary>
    public bool KeepAlive(KeepAliveRequest request)
    {
        lock (_lock)
        {
            if (!_sessions.TryGetValue(new SessionId(request.SessionId), out var session))
            {
                throw new DfsException(ErrorCode.SessionEnded, "keep alive", $"session {request.SessionId} has ended");
            }

            session.HeardAt = ticks.Now;
            if (request.HeldComplete)
            {
                ReleaseAll(session);
                session.HasReported = true;
            }

            foreach (ulong inode in request.HeldRemoved)
            {
                Release(session, new InodeId(inode));
            }

            foreach (ulong inode in request.HeldAdded)
            {
                Hold(session, new InodeId(inode));
            }

            return !session.HasReported;
        }
    }

    /// <summary>Sessions silent for the whole timeout; each is given again only after another timeout, should ending it fail.</summary>
    public IReadOnlyList<SessionId> TakeExpired(int limit)
    {
        long last = ticks.Now - ticks.Of(timeout);
        lock (_lock)
        {
            var expired = _sessions
                .Where(pair => Math.Max(pair.Value.HeardAt, pair.Value.ExpiredAt) <= last)
                .Take(limit)
                .Select(pair => pair.Key)
                .ToList();
            foreach (var session in expired)
            {
                _sessions[session].ExpiredAt = ticks.Now;
            }

            return expired;
        }
    }

    /// <summary>False as long as some live session has not yet said what it holds: then nothing may be taken for free.</summary>
    public bool EveryoneReported()
    {
        lock (_lock)
        {
            return _sessions.Values.All(session => session.HasReported);
        }
    }

    public bool IsHeld(InodeId inode)
    {
        lock (_lock)
        {
            return _holders.ContainsKey(inode);
        }
    }

    private void Hold(Session session, InodeId inode)
    {
        if (session.Held.Count >= HeldMax)
        {
            throw new DfsException(ErrorCode.LimitExceeded, "keep alive", $"a session holds at most {HeldMax} files open");
        }

        if (session.Held.Add(inode))
        {
            _holders[inode] = _holders.GetValueOrDefault(inode) + 1;
        }
    }

    private void Release(Session session, InodeId inode)
    {
        if (session.Held.Remove(inode))
        {
            Unhold(inode);
        }
    }

    private void ReleaseAll(Session session)
    {
        foreach (var inode in session.Held)
        {
            Unhold(inode);
        }

        session.Held.Clear();
    }

    private void Unhold(InodeId inode)
    {
        int left = _holders[inode] - 1;
        if (left == 0)
        {
            _holders.Remove(inode);
        }
        else
        {
            _holders[inode] = left;
        }
    }

    /// <summary>What is known of a live session.</summary>
    private sealed class Session
    {
        public long HeardAt { get; set; }

        public long ExpiredAt { get; set; } = long.MinValue;

        public bool HasReported { get; set; }

        public HashSet<InodeId> Held { get; } = [];
    }
}
