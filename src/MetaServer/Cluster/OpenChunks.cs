using DfsNet.Protocol;

namespace DfsNet.MetaServer.Cluster;

/// <summary>
/// Chunks that still take appends, where they lie, and which of them their owners are asked to seal because a member died, restarted or
/// went bad, or because they were begun with too few and need not be. What an owner does not seal within the session timeout the leader
/// seals itself.
/// </summary>
internal sealed class OpenChunks(TickCounter ticks, TimeSpan sealTimeout)
{
    private const long NotRequested = long.MaxValue;

    // Guards all fields: the applier and the loader add and remove, heartbeats and the tick request, keep-alives read.
    private readonly Lock _lock = new();
    private readonly Dictionary<ChunkId, OpenChunk> _chunks = [];
    private readonly Dictionary<ServerId, SortedSet<ChunkId>> _byServer = [];
    private readonly Dictionary<SessionId, SortedSet<ChunkId>> _requestedOf = [];
    private readonly SortedSet<ChunkId> _requested = [];

    public void Add(ChunkId chunk, Generation generation, SessionId owner, IReadOnlyList<ReplicaPlace> places)
    {
        lock (_lock)
        {
            _chunks[chunk] = new OpenChunk(generation, owner, places, ticks.Now, NotRequested);
            foreach (var place in places)
            {
                SetOf(_byServer, place.Server).Add(chunk);
            }
        }
    }

    /// <summary>The chunk takes no more appends; returns what was known of it, or null.</summary>
    public OpenChunk? Remove(ChunkId chunk)
    {
        lock (_lock)
        {
            if (!_chunks.Remove(chunk, out var open))
            {
                return null;
            }

            foreach (var place in open.Places)
            {
                RemoveFrom(_byServer, place.Server, chunk);
            }

            _requested.Remove(chunk);
            RemoveFrom(_requestedOf, open.Owner, chunk);
            return open;
        }
    }

    /// <summary>Asks the owner to seal; asked again for what is asked already changes nothing.</summary>
    public void RequestSeal(ChunkId chunk)
    {
        lock (_lock)
        {
            Request(chunk);
        }
    }

    /// <summary>Asks for a chunk that has been known for so long.</summary>
    public void RequestSealAfter(ChunkId chunk, TimeSpan span)
    {
        lock (_lock)
        {
            if (_chunks.TryGetValue(chunk, out var open) && ticks.Now - open.Since >= ticks.Of(span))
            {
                Request(chunk);
            }
        }
    }

    /// <summary>Asks for everything open on a server that died, restarted, or has a failed volume.</summary>
    public void RequestSealOn(ServerId server)
    {
        lock (_lock)
        {
            foreach (var chunk in _byServer.GetValueOrDefault(server) ?? [])
            {
                Request(chunk);
            }
        }
    }

    /// <summary>Asks for everything open on one volume.</summary>
    public void RequestSealOn(ReplicaPlace place)
    {
        lock (_lock)
        {
            foreach (var chunk in (_byServer.GetValueOrDefault(place.Server) ?? []).Where(chunk => _chunks[chunk].Places.Contains(place)))
            {
                Request(chunk);
            }
        }
    }

    public IReadOnlyList<ChunkId> RequestedOf(SessionId session)
    {
        lock (_lock)
        {
            return _requestedOf.TryGetValue(session, out var chunks) ? [.. chunks] : [];
        }
    }

    /// <summary>
    /// Up to <paramref name="limit"/> chunks whose owner did not answer in time; each is given again only after another timeout.
    /// </summary>
    public IReadOnlyList<ChunkId> TakeOverdue(int limit)
    {
        lock (_lock)
        {
            var overdue = _requested.Where(chunk => _chunks[chunk].Deadline <= ticks.Now).Take(limit).ToList();
            foreach (var chunk in overdue)
            {
                _chunks[chunk] = _chunks[chunk] with { Deadline = ticks.Now + ticks.Of(sealTimeout) };
            }

            return overdue;
        }
    }

    private void Request(ChunkId chunk)
    {
        if (!_chunks.TryGetValue(chunk, out var open) || !_requested.Add(chunk))
        {
            return;
        }

        // Nobody can be asked about a chunk without an owner.
        long wait = open.Owner == SessionId.None ? 0 : ticks.Of(sealTimeout);
        _chunks[chunk] = open with { Deadline = ticks.Now + wait };
        if (open.Owner != SessionId.None)
        {
            SetOf(_requestedOf, open.Owner).Add(chunk);
        }
    }

    private static SortedSet<ChunkId> SetOf<TKey>(Dictionary<TKey, SortedSet<ChunkId>> sets, TKey key)
        where TKey : notnull
    {
        if (!sets.TryGetValue(key, out var set))
        {
            sets.Add(key, set = []);
        }

        return set;
    }

    private static void RemoveFrom<TKey>(Dictionary<TKey, SortedSet<ChunkId>> sets, TKey key, ChunkId chunk)
        where TKey : notnull
    {
        if (sets.TryGetValue(key, out var set) && set.Remove(chunk) && set.Count == 0)
        {
            sets.Remove(key);
        }
    }
}

/// <summary>
/// A chunk that takes appends, known since the tick <paramref name="Since"/>; <paramref name="Deadline"/> is the tick by which its owner
/// must have sealed it.
/// </summary>
internal sealed record OpenChunk(
    Generation Generation, SessionId Owner, IReadOnlyList<ReplicaPlace> Places, long Since, long Deadline);
