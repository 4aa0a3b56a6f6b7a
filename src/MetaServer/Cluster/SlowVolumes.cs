using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Cluster;

/// <summary>
/// Volumes that answer, but slowly: judged by what clients measure on their own reads and appends, against the other volumes, never by the
/// server's own word. A slow one gets no new chunks while there are places enough without it, and is read last, for a while; then it may
/// show that it is well, and the while doubles each time it is not. A server that is slow as a whole is slow in all its volumes. When a
/// third of everything is slow, that is load, and nobody is left out; never more than a fifth is. A volume is as much of everything as its
/// share of its server.
/// </summary>
internal sealed class SlowVolumes(TickCounter ticks, Alarms alarms)
{
    // Four times as slow as the others, and a pause that users notice: a busy disk is neither.
    private const double SlowFactor = 4;
    private const double SlowMicroseconds = 20_000;

    // Whoever waits for it fares worse than without it: it hangs rather than being slow.
    private const double HungMicroseconds = 1_000_000;

    // Fewer fellows are no measure.
    private const int VolumesMin = 3;
    private const int LoadShare = 3;
    private const int LeftOutShare = 5;

    // A client that is gone for longer has nothing to say.
    private static readonly TimeSpan HeardFor = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LeftOutMin = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LeftOutMax = TimeSpan.FromMinutes(10);

    // Longer well than this, and earlier troubles are forgotten.
    private static readonly TimeSpan ForgivenAfter = TimeSpan.FromMinutes(20);

    private const int ObserversMax = 10_000;

    // Guards all fields: keep-alives write, the tick judges, placement and layouts read.
    private readonly Lock _lock = new();
    private readonly Dictionary<SessionId, (long At, IReadOnlyList<VolumeObservation> Seen)> _heard = [];
    private readonly Dictionary<ReplicaPlace, Verdict> _leftOut = [];

    public bool Contains(ReplicaPlace place)
    {
        lock (_lock)
        {
            return IsLeftOut(place);
        }
    }

    /// <summary>It is left out, and does answer: better there than nowhere.</summary>
    public bool IsMerelySlow(ReplicaPlace place)
    {
        lock (_lock)
        {
            return IsLeftOut(place) && !_leftOut[place].IsHung;
        }
    }

    public void Hear(SessionId observer, IReadOnlyList<VolumeObservation> seen)
    {
        if (seen.Count == 0)
        {
            return;
        }

        lock (_lock)
        {
            if (_heard.Count < ObserversMax || _heard.ContainsKey(observer))
            {
                _heard[observer] = (ticks.Now, seen);
            }
        }
    }

    /// <summary>
    /// Judges all volumes by what was heard lately of those in <paramref name="health"/>. Returns those that are left out from now on.
    /// </summary>
    public IReadOnlyList<ReplicaPlace> Judge(ServerHealth health)
    {
        lock (_lock)
        {
            Forget();
            var slow = SlowBy(seen => seen.ReadMicroseconds, health).Concat(SlowBy(seen => seen.AppendMicroseconds, health))
                .Where(one => !IsLeftOut(one.Place)).OrderByDescending(one => one.Median).DistinctBy(one => one.Place).ToList();
            return slow.Count == 0 ? [] : LeaveOut(slow, health);
        }
    }

    // Called with the lock held; the slowest come first.
    private List<ReplicaPlace> LeaveOut(List<(ReplicaPlace Place, double Median)> slow, ServerHealth health)
    {
        var perServer = health.Volumes.Keys.CountBy(place => place.Server).ToDictionary();
        double ShareOf(ReplicaPlace place) => 1.0 / perServer.GetValueOrDefault(place.Server, 1);

        int servers = health.Servers.Values.Count(server => server.State == ServerState.Healthy);
        double already = _leftOut.Keys.Where(IsLeftOut).Sum(ShareOf);

        // One of three is a third, and is left out all the same: the other two agree.
        if ((slow.Sum(one => ShareOf(one.Place)) + already) * LoadShare >= (servers == LoadShare ? LoadShare + 1 : servers))
        {
            return [];
        }

        var leaving = new List<ReplicaPlace>();
        double most = Math.Max(1, (double)servers / LeftOutShare);
        foreach (var (place, median) in slow)
        {
            if (already + ShareOf(place) <= most)
            {
                already += ShareOf(place);
                leaving.Add(place);
                LeaveOut(place, median >= HungMicroseconds);
            }
        }

        return leaving;
    }

    private void LeaveOut(ReplicaPlace place, bool isHung)
    {
        var span = _leftOut.TryGetValue(place, out var before) ? before.For * 2 : LeftOutMin;
        span = span < LeftOutMax ? span : LeftOutMax;
        _leftOut[place] = new Verdict(ticks.Now + ticks.Of(span), span, isHung);
        foreach (var (observer, (at, seen)) in _heard.ToList())
        {
            // What was seen before it was left out says nothing of how it is when it comes back.
            _heard[observer] = (at, [.. seen.Where(one => PlaceOf(one) != place)]);
        }

        alarms.Raise(
            Subject(place), $"server {place.Server}: volume {place.Volume} answers much more slowly than the others: left out for "
                + $"{span.TotalSeconds:0} s");
    }

    private bool IsLeftOut(ReplicaPlace place) => _leftOut.TryGetValue(place, out var left) && left.Until > ticks.Now;

    private List<(ReplicaPlace Place, double Median)> SlowBy(Func<VolumeObservation, ulong> measure, ServerHealth health)
    {
        var medians = _heard.Values.SelectMany(heard => heard.Seen).Where(seen => measure(seen) > 0)
            .GroupBy(PlaceOf, seen => (double)measure(seen))
            .Where(group => health.Volumes.ContainsKey(group.Key))
            .Select(group => (Place: group.Key, Median: Median([.. group])))
            .OrderByDescending(one => one.Median).ToList();
        if (medians.Count < VolumesMin)
        {
            return [];
        }

        // The median of the others, for each that is above it.
        double fellows = medians[medians.Count / 2].Median;
        return [.. medians.TakeWhile(one => one.Median > (SlowFactor * fellows) + SlowMicroseconds)];
    }

    private static double Median(double[] values)
    {
        Array.Sort(values);
        return values[values.Length / 2];
    }

    private void Forget()
    {
        foreach (var observer in _heard.Where(heard => heard.Value.At < ticks.Now - ticks.Of(HeardFor)).Select(heard => heard.Key).ToList())
        {
            _heard.Remove(observer);
        }

        foreach (var (place, left) in _leftOut.ToList())
        {
            if (left.Until <= ticks.Now)
            {
                alarms.Clear(Subject(place));
            }

            if (left.Until < ticks.Now - ticks.Of(ForgivenAfter))
            {
                _leftOut.Remove(place);
            }
        }
    }

    private static ReplicaPlace PlaceOf(VolumeObservation seen) => new(new ServerId(seen.ServerId), new VolumeId(seen.VolumeId));

    private static string Subject(ReplicaPlace place) => $"slow-{place.Volume}";

    /// <summary>Until when a volume is left out, for how long in all, and whether it gave hardly an answer.</summary>
    private readonly record struct Verdict(long Until, TimeSpan For, bool IsHung);
}
