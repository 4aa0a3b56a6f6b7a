using DfsNet.Client.Data;
using DfsNet.Devices.Time;
using DfsNet.Protocol;

namespace DfsNet.Client.Tests.Data;

/// <summary>What of its own waiting a client tells the metadata server, and when.</summary>
public sealed class VolumeTimesTests
{
    private static readonly ReplicaPlace Place = new(new(1), new(10));
    private static readonly TimeSpan Fast = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan Slow = TimeSpan.FromMilliseconds(300);

    private readonly ManualTimeProvider _time = new();
    private readonly VolumeTimes _times;

    public VolumeTimesTests()
    {
        _times = new VolumeTimes(_time);
    }

    [Fact]
    public void A_volume_that_becomes_slow_is_known_after_three_answers_and_told_once()
    {
        Append(Fast, 2_000);
        Assert.InRange(Told(), 1_900ul, 2_100ul);
        Append(Slow, 2);
        Assert.False(_times.News.IsCompleted);
        Append(Slow, 1);
        Assert.True(_times.News.IsCompleted);
        Assert.Equal(300_000ul, Told());

        Append(Slow, 5);
        Assert.False(_times.News.IsCompleted);
        Append(Fast, 500);
        Append(Slow, 3);
        Assert.True(_times.News.IsCompleted);
    }

    [Fact]
    public void One_pause_is_one_sample_however_long_it_is_and_however_many_waited()
    {
        Append(Fast, 2_000);
        _time.Advance(TimeSpan.FromSeconds(3));
        for (int waiting = 0; waiting < 20; waiting++)
        {
            _times.Appended(Place, TimeSpan.FromSeconds(3));
        }

        Assert.False(_times.News.IsCompleted);
        Assert.InRange(Told(), 1ul, 2_100ul);
    }

    [Fact]
    public void The_first_seconds_of_use_say_nothing_and_neither_do_those_after_a_long_rest()
    {
        Append(Slow, 6);
        Assert.Equal(0ul, Told());
        Append(Fast, 500);
        Assert.InRange(Told(), 1ul, 2_100ul);

        _time.Advance(TimeSpan.FromMinutes(1));
        Append(Slow, 6);
        Assert.Equal(0ul, Told());
    }

    [Fact]
    public void A_volume_that_was_given_up_counts_as_slow_whatever_it_was_before()
    {
        Append(Fast, 2_000);
        _times.GaveUp(Place, TimeSpan.FromSeconds(2.2));
        Assert.True(_times.News.IsCompleted);
        Assert.Equal(2_200_000ul, Told());
        _time.Advance(TimeSpan.FromSeconds(11));
        Assert.Equal(0ul, Told());
    }

    private void Append(TimeSpan each, int count)
    {
        for (int i = 0; i < count; i++)
        {
            _time.Advance(each);
            _times.Appended(Place, each);
        }
    }

    /// <summary>Microseconds; 0: nothing.</summary>
    private ulong Told() => _times.Take().SingleOrDefault(seen => seen.VolumeId == Place.Volume.Value)?.AppendMicroseconds ?? 0;
}
