using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.Client.Data;

/// <summary>
/// How fast the volumes of chunk servers served this client lately: what it tells the metadata server with its keep-alives, which compares
/// them with each other.
/// </summary>
internal sealed class VolumeTimes(TimeProvider time)
{
    private const int SamplesMax = 16;
    private const int SamplesMin = 4;

    // More than a client uses at a time; the others are not forgotten by the metadata server so soon.
    private const int VolumesMax = 200;

    private static readonly TimeSpan Recent = TimeSpan.FromSeconds(10);

    // Guards _reads and _appends.
    private readonly Lock _gate = new();
    private readonly SortedDictionary<ReplicaPlace, Samples> _reads = [];
    private readonly SortedDictionary<ReplicaPlace, Samples> _appends = [];

    public void Read(ReplicaPlace place, TimeSpan latency) => Add(_reads, place, latency);

    /// <summary>What a volume took to make a frame durable, as it came up the chain with the acknowledgement.</summary>
    public void Appended(ReplicaPlace place, TimeSpan latency) => Add(_appends, place, latency);

    /// <summary>What was seen in the last seconds.</summary>
    public IReadOnlyList<VolumeObservation> Take()
    {
        lock (_gate) // guards _reads and _appends
        {
            var seen = new List<VolumeObservation>();
            foreach (var place in _reads.Keys.Union(_appends.Keys).Take(VolumesMax))
            {
                var observation = new VolumeObservation
                {
                    ServerId = place.Server.Value,
                    VolumeId = place.Volume.Value,
                    ReadMicroseconds = Of(_reads, place),
                    AppendMicroseconds = Of(_appends, place),
                };
                if (observation.ReadMicroseconds + observation.AppendMicroseconds > 0)
                {
                    seen.Add(observation);
                }
            }

            return seen;
        }
    }

    private void Add(SortedDictionary<ReplicaPlace, Samples> kind, ReplicaPlace place, TimeSpan latency)
    {
        lock (_gate) // guards _reads and _appends
        {
            if (!kind.TryGetValue(place, out var samples))
            {
                kind.Add(place, samples = new Samples());
            }

            samples.Add(time.GetTimestamp(), latency);
        }
    }

    /// <summary>The median, at least 1; 0 when too little is known.</summary>
    private ulong Of(SortedDictionary<ReplicaPlace, Samples> kind, ReplicaPlace place)
    {
        if (!kind.TryGetValue(place, out var samples))
        {
            return 0;
        }

        var recent = samples.Latencies(at => time.GetElapsedTime(at) < Recent);
        return recent.Count < SamplesMin ? 0 : Math.Max(1, (ulong)recent.Order().ElementAt(recent.Count / 2).TotalMicroseconds);
    }

    /// <summary>The newest of one volume.</summary>
    private sealed class Samples
    {
        private readonly Queue<(long At, TimeSpan Latency)> _newest = new();

        public void Add(long at, TimeSpan latency)
        {
            _newest.Enqueue((at, latency));
            if (_newest.Count > SamplesMax)
            {
                _newest.Dequeue();
            }
        }

        public List<TimeSpan> Latencies(Predicate<long> isRecent) =>
            [.. _newest.Where(sample => isRecent(sample.At)).Select(sample => sample.Latency)];
    }
}
