using DfsNet.Client.Metadata;

namespace DfsNet.Client.Data;

/// <summary>
/// What this client knows of the chunk servers as a reader: requests outstanding, recent latency, recent failures. Chooses the replica to
/// read: on this host if there is one, else the better of two drawn at random, so that readers spread without one slow server spoiling
/// them.
/// </summary>
internal sealed class ReplicaRatings(string hostName, TimeProvider time, Jitter jitter)
{
    // A server that failed is asked only when no other is left, for this long; then it may show that it is back.
    private static readonly TimeSpan FailureMemory = TimeSpan.FromSeconds(5);

    // Weight of the newest latency: about the last eight requests count.
    private const double NewestWeight = 1.0 / 8;

    // Guards _ratings.
    private readonly Lock _gate = new();
    private readonly SortedDictionary<ulong, Rating> _ratings = [];

    /// <summary>The replicas in the order in which they should be tried.</summary>
    public IReadOnlyList<ReplicaAddress> Order(IReadOnlyList<ReplicaAddress> replicas)
    {
        if (replicas.Count <= 1)
        {
            return replicas;
        }

        lock (_gate) // guards _ratings
        {
            var left = replicas.ToList();
            List<ReplicaAddress> ordered = new(left.Count);
            while (left.Count != 0)
            {
                var candidates = BestClass(left);
                var first = candidates[Draw(candidates.Count)];
                var second = candidates[Draw(candidates.Count)];
                var chosen = Cost(second.ServerId) < Cost(first.ServerId) ? second : first;
                ordered.Add(chosen);
                left.Remove(chosen);
            }

            return ordered;
        }
    }

    public void Began(ulong server)
    {
        lock (_gate) // guards _ratings
        {
            Of(server).Outstanding++;
        }
    }

    /// <param name="server">The server that was asked.</param>
    /// <param name="latency">Until its first byte; null when there was none to measure.</param>
    /// <param name="failed">It did not deliver what was asked.</param>
    public void Ended(ulong server, TimeSpan? latency, bool failed)
    {
        lock (_gate) // guards _ratings
        {
            var rating = Of(server);
            rating.Outstanding--;
            if (latency is { } measured)
            {
                rating.LatencyMs += (measured.TotalMilliseconds - rating.LatencyMs) * NewestWeight;
            }

            rating.FailedAt = failed ? time.GetTimestamp() : latency is null ? rating.FailedAt : null;
        }
    }

    // Called with the gate held: those that did not fail lately, are healthy, are on this host; in this order of importance.
    private List<ReplicaAddress> BestClass(List<ReplicaAddress> replicas)
    {
        int best = replicas.Max(ClassOf);
        return replicas.FindAll(replica => ClassOf(replica) == best);
    }

    private int ClassOf(ReplicaAddress replica)
    {
        bool failed = Of(replica.ServerId).FailedAt is { } at && time.GetElapsedTime(at) < FailureMemory;
        bool near = hostName.Length != 0 && ServerAddressText.HostOf(replica.Address).Equals(hostName, StringComparison.OrdinalIgnoreCase);
        return (failed ? 0 : 4) + (replica.Healthy ? 2 : 0) + (near ? 1 : 0);
    }

    private double Cost(ulong server)
    {
        var rating = Of(server);
        return (rating.Outstanding + 1) * (rating.LatencyMs + 0.1);
    }

    private int Draw(int count) => count == 1 ? 0 : (int)(jitter.Draw() * count);

    private Rating Of(ulong server)
    {
        if (!_ratings.TryGetValue(server, out var rating))
        {
            _ratings.Add(server, rating = new Rating());
        }

        return rating;
    }

    /// <summary>What is known of one server.</summary>
    private sealed class Rating
    {
        public int Outstanding { get; set; }

        public double LatencyMs { get; set; }

        public long? FailedAt { get; set; }
    }
}
