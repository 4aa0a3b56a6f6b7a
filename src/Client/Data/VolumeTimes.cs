using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.Client.Data;

/// <summary>
/// How fast the volumes of chunk servers served this client lately: what it tells the metadata server with its keep-alives, which compares
/// them with each other. Counted is time rather than calls, because a slow volume answers seldom: calls that wait for the same thing end
/// together and are one sample, and one that took long counts as often as quick ones would have been counted meanwhile.
/// </summary>
internal sealed class VolumeTimes(TimeProvider time)
{
    private const int SamplesMax = 16;
    private const int SamplesMin = 4;

    // Three answers of a third of a second outweigh thirteen quick ones; a single pause never does, however long.
    private const int WeightMax = 6;

    // More than a client uses at a time; the others are not forgotten by the metadata server so soon.
    private const int VolumesMax = 200;

    private static readonly TimeSpan Spacing = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Recent = TimeSpan.FromSeconds(10);

    // Connections are made and code is compiled when a server is first used, or used again after a while: that says nothing of its disks.
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(2);

    // Slower than this is worth telling at once.
    private static readonly TimeSpan Slow = TimeSpan.FromMilliseconds(100);

    // Guards the fields below.
    private readonly Lock _gate = new();
    private readonly SortedDictionary<ReplicaPlace, Samples> _reads = [];
    private readonly SortedDictionary<ReplicaPlace, Samples> _appends = [];
    private TaskCompletionSource _news = NewNews();

    /// <summary>Completes when a volume has become slow since <see cref="Take"/> was called last.</summary>
    public Task News
    {
        get
        {
            lock (_gate) // guards _news
            {
                return _news.Task;
            }
        }
    }

    public void Read(ReplicaPlace place, TimeSpan latency) => Add(_reads, place, latency);

    /// <summary>What a volume took to make a frame durable, as it came up the chain with the acknowledgement.</summary>
    public void Appended(ReplicaPlace place, TimeSpan latency) => Add(_appends, place, latency);

    /// <summary>A volume did not make a frame durable in this time: it gives no other answers that could be measured.</summary>
    public void GaveUp(ReplicaPlace place, TimeSpan waited)
    {
        lock (_gate) // guards the fields
        {
            var samples = SamplesOf(_appends, place);
            samples.Replace(time.GetTimestamp(), waited, SamplesMin);
            Tell(samples);
        }
    }

    /// <summary>What was seen in the last seconds.</summary>
    public IReadOnlyList<VolumeObservation> Take()
    {
        lock (_gate) // guards the fields
        {
            if (_news.Task.IsCompleted)
            {
                _news = NewNews();
            }

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

    private static TaskCompletionSource NewNews() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Add(SortedDictionary<ReplicaPlace, Samples> kind, ReplicaPlace place, TimeSpan latency)
    {
        lock (_gate) // guards the fields
        {
            var samples = SamplesOf(kind, place);
            if (samples.Add(time.GetTimestamp(), latency) && (latency >= Slow || samples.IsTold))
            {
                Tell(samples);
            }
        }
    }

    private Samples SamplesOf(SortedDictionary<ReplicaPlace, Samples> kind, ReplicaPlace place)
    {
        if (!kind.TryGetValue(place, out var samples))
        {
            kind.Add(place, samples = new Samples(time));
        }

        return samples;
    }

    // Called with the gate held. Once for each time that a volume becomes slow.
    private void Tell(Samples samples)
    {
        bool isSlow = samples.Median() >= Slow;
        if (isSlow && !samples.IsTold)
        {
            _news.TrySetResult();
        }

        samples.IsTold = isSlow;
    }

    /// <summary>The median, at least 1; 0 when too little is known.</summary>
    private static ulong Of(SortedDictionary<ReplicaPlace, Samples> kind, ReplicaPlace place) =>
        kind.TryGetValue(place, out var samples) && samples.Median() is { } median ? Math.Max(1, (ulong)median.TotalMicroseconds) : 0;

    /// <summary>The newest of one volume.</summary>
    private sealed class Samples(TimeProvider time)
    {
        private readonly Queue<(long At, TimeSpan Latency)> _newest = new();
        private long? _usedSince;
        private long _usedAt;
        private long? _sampledAt;

        /// <summary>Its slowness was told, and has not ended since.</summary>
        public bool IsTold { get; set; }

        /// <summary>Whether it counts.</summary>
        public bool Add(long at, TimeSpan latency)
        {
            if (_usedSince is null || time.GetElapsedTime(_usedAt, at) > Recent)
            {
                _usedSince = at;
            }

            _usedAt = at;
            if (time.GetElapsedTime(_usedSince.Value, at) < WarmUp
                || (_sampledAt is { } last && time.GetElapsedTime(last, at) < Spacing))
            {
                return false;
            }

            _sampledAt = at;
            _newest.Enqueue((at, latency));
            if (_newest.Count > SamplesMax)
            {
                _newest.Dequeue();
            }

            return true;
        }

        /// <summary>So many of these, in place of all before.</summary>
        public void Replace(long at, TimeSpan latency, int count)
        {
            _newest.Clear();
            for (int i = 0; i < count; i++)
            {
                _newest.Enqueue((at, latency));
            }
        }

        /// <summary>Half of the time was spent in calls that took longer; null when too little is known.</summary>
        public TimeSpan? Median()
        {
            var recent = _newest.Where(sample => time.GetElapsedTime(sample.At) < Recent).Select(sample => sample.Latency).Order().ToList();
            double left = recent.Sum(WeightOf) / 2;
            return recent.Count < SamplesMin ? null : recent.First(latency => (left -= WeightOf(latency)) < 0);
        }

        private static double WeightOf(TimeSpan latency) => Math.Clamp(latency / Spacing, 1, WeightMax);
    }
}
