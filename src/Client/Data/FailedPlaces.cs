using DfsNet.Protocol;

namespace DfsNet.Client.Data;

/// <summary>
/// Chunk servers, and volumes of chunk servers, that failed in a chain lately: new chunks are asked for without them. A place without a
/// volume is a whole server.
/// </summary>
internal sealed class FailedPlaces(TimeSpan memory, TimeProvider time)
{
    // More than this are never named: a cluster that lost so many at once must be tried anyway.
    private const int NamedMax = 64;

    // Guards _failedAt.
    private readonly Lock _gate = new();
    private readonly SortedDictionary<ReplicaPlace, long> _failedAt = [];

    public void AddServer(ulong server) => Add(new ReplicaPlace(new ServerId(server), default));

    public void Add(ReplicaPlace place)
    {
        lock (_gate) // guards _failedAt
        {
            _failedAt[place] = time.GetTimestamp();
        }
    }

    /// <summary>The latest first.</summary>
    public IReadOnlyList<ReplicaPlace> Current()
    {
        lock (_gate) // guards _failedAt
        {
            foreach (var place in _failedAt.Where(pair => time.GetElapsedTime(pair.Value) >= memory).Select(pair => pair.Key).ToArray())
            {
                _failedAt.Remove(place);
            }

            return [.. _failedAt.OrderByDescending(pair => pair.Value).Take(NamedMax).Select(pair => pair.Key)];
        }
    }
}
