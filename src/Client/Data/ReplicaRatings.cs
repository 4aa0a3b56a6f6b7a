using DfsNet.Client.Metadata;
using DfsNet.Protocol;

namespace DfsNet.Client.Data;

/// <summary>
/// What this client knows of the chunk servers as a reader: requests outstanding at each server, recent latency of each of its volumes,
/// recent failures of either. Chooses the replica to read: on this host if there is one, else the better of two drawn at random, so that
/// readers spread without one slow server or disk spoiling them.
/// </summary>
internal sealed class ReplicaRatings(string hostName, VolumeTimes times, TimeProvider time, Jitter jitter)
{
    // A server or a volume that failed is asked only when no other is left, for this long; then it may show that it is back.
    private static readonly TimeSpan FailureMemory = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan WaitedMin = TimeSpan.FromMilliseconds(20);

    // Weight of the newest latency: about the last eight requests count.
    private const double NewestWeight = 1.0 / 8;

    // Guards _servers and _volumes.
    private readonly Lock _gate = new();
    private readonly SortedDictionary<ServerId, ServerRating> _servers = [];
    private readonly SortedDictionary<ReplicaPlace, VolumeRating> _volumes = [];

    /// <summary>The replicas in the order in which they should be tried.</summary>
    public IReadOnlyList<ReplicaAddress> Order(IReadOnlyList<ReplicaAddress> replicas)
    {
        if (replicas.Count <= 1)
        {
            return replicas;
        }

        lock (_gate) // guards _servers and _volumes
        {
            var left = replicas.ToList();
            List<ReplicaAddress> ordered = new(left.Count);
            while (left.Count != 0)
            {
                var candidates = BestClass(left);
                var first = candidates[Draw(candidates.Count)];
                var second = candidates[Draw(candidates.Count)];
                var chosen = Cost(second.Place) < Cost(first.Place) ? second : first;
                ordered.Add(chosen);
                left.Remove(chosen);
            }

            return ordered;
        }
    }

    public void Began(ReplicaPlace place)
    {
        lock (_gate) // guards _servers and _volumes
        {
            Of(place.Server).Outstanding++;
        }
    }

    /// <summary>A volume was waited for so long, in vain, or until another one was faster.</summary>
    public void Waited(ReplicaPlace place, TimeSpan patience)
    {
        // A reader that changes its mind at once says nothing of the volume.
        if (patience >= WaitedMin)
        {
            times.Read(place, patience);
        }
    }

    /// <param name="place">What was asked.</param>
    /// <param name="latency">Until its first byte; null when there was none to measure.</param>
    /// <param name="failed">It did not deliver what was asked.</param>
    public void Ended(ReplicaPlace place, TimeSpan? latency, bool failed)
    {
        if (latency is { } seen)
        {
            times.Read(place, seen);
        }

        lock (_gate) // guards _servers and _volumes
        {
            var server = Of(place.Server);
            var volume = Of(place);
            server.Outstanding--;
            if (latency is { } measured)
            {
                volume.LatencyMs += (measured.TotalMilliseconds - volume.LatencyMs) * NewestWeight;
            }

            // Whose failure it was is not known: another volume that delivers acquits the server.
            if (failed || latency is not null)
            {
                server.FailedAt = volume.FailedAt = failed ? time.GetTimestamp() : null;
            }
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
        bool failed = IsRecent(Of(replica.Place.Server).FailedAt) || IsRecent(Of(replica.Place).FailedAt);
        bool near = hostName.Length != 0 && ServerAddressText.HostOf(replica.Address).Equals(hostName, StringComparison.OrdinalIgnoreCase);
        return (failed ? 0 : 4) + (replica.Healthy ? 2 : 0) + (near ? 1 : 0);
    }

    private bool IsRecent(long? failedAt) => failedAt is { } at && time.GetElapsedTime(at) < FailureMemory;

    private double Cost(ReplicaPlace place) => (Of(place.Server).Outstanding + 1) * (Of(place).LatencyMs + 0.1);

    private int Draw(int count) => count == 1 ? 0 : (int)(jitter.Draw() * count);

    private ServerRating Of(ServerId server)
    {
        if (!_servers.TryGetValue(server, out var rating))
        {
            _servers.Add(server, rating = new ServerRating());
        }

        return rating;
    }

    private VolumeRating Of(ReplicaPlace place)
    {
        if (!_volumes.TryGetValue(place, out var rating))
        {
            _volumes.Add(place, rating = new VolumeRating());
        }

        return rating;
    }

    /// <summary>What is known of one server.</summary>
    private sealed class ServerRating
    {
        public int Outstanding { get; set; }

        public long? FailedAt { get; set; }
    }

    /// <summary>What is known of one of its volumes.</summary>
    private sealed class VolumeRating
    {
        public double LatencyMs { get; set; }

        public long? FailedAt { get; set; }
    }
}
