namespace DfsNet.Client.Data;

/// <summary>Chunk servers that failed in a chain lately: new chunks are asked for without them.</summary>
internal sealed class FailedServers(TimeSpan memory, TimeProvider time)
{
    // More than this are never named: a cluster that lost so many at once must be tried anyway.
    private const int NamedMax = 64;

    // Guards _failedAt.
    private readonly Lock _gate = new();
    private readonly SortedDictionary<ulong, long> _failedAt = [];

    public void Add(ulong server)
    {
        lock (_gate) // guards _failedAt
        {
            _failedAt[server] = time.GetTimestamp();
        }
    }

    public IReadOnlyList<ulong> Current()
    {
        lock (_gate) // guards _failedAt
        {
            foreach (ulong server in _failedAt.Where(pair => time.GetElapsedTime(pair.Value) >= memory).Select(pair => pair.Key).ToArray())
            {
                _failedAt.Remove(server);
            }

            return [.. _failedAt.OrderByDescending(pair => pair.Value).Take(NamedMax).Select(pair => pair.Key)];
        }
    }
}
