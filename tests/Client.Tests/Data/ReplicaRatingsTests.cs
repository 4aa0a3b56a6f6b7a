using DfsNet.Client.Data;
using DfsNet.Client.Metadata;
using DfsNet.Protocol;

namespace DfsNet.Client.Tests.Data;

/// <summary>Which replica is read first.</summary>
public sealed class ReplicaRatingsTests
{
    private static readonly ReplicaAddress[] Replicas =
    [
        new(At(1), 1, "one:1", true), new(At(2), 1, "two:1", true), new(At(3), 1, "three:1", true),
    ];

    [Fact]
    public void Every_replica_is_tried_once()
    {
        var ratings = NewRatings();
        for (int i = 0; i < 100; i++)
        {
            Assert.Equal([1ul, 2ul, 3ul], ratings.Order(Replicas).Select(replica => replica.ServerId).Order().ToArray());
        }
    }

    [Fact]
    public void The_replica_on_this_host_comes_first()
    {
        var ratings = NewRatings("two");
        Assert.All(Enumerable.Range(0, 50), _ => Assert.Equal(2u, ratings.Order(Replicas)[0].ServerId));
    }

    [Fact]
    public void A_server_that_failed_lately_comes_last_even_on_this_host()
    {
        var ratings = NewRatings("two");
        Fail(ratings, At(2));
        Assert.All(Enumerable.Range(0, 50), _ => Assert.Equal(2u, ratings.Order(Replicas)[2].ServerId));
    }

    [Fact]
    public void A_failure_counts_against_the_other_volumes_of_the_server_until_one_of_them_delivers()
    {
        var ratings = NewRatings();
        Fail(ratings, At(1, 7));
        Assert.All(Enumerable.Range(0, 50), _ => Assert.Equal(1u, ratings.Order(Replicas)[2].ServerId));

        Deliver(ratings, At(1), 1);
        Assert.Contains(Enumerable.Range(0, 50), _ => ratings.Order(Replicas)[0].ServerId == 1);
    }

    [Fact]
    public void A_volume_that_failed_is_not_acquitted_by_another_one()
    {
        var ratings = NewRatings();
        Fail(ratings, At(1));
        Deliver(ratings, At(1, 7), 1);
        Assert.All(Enumerable.Range(0, 50), _ => Assert.Equal(1u, ratings.Order(Replicas)[2].ServerId));
    }

    [Fact]
    public void A_suspect_server_comes_after_healthy_ones()
    {
        var ratings = NewRatings();
        ReplicaAddress[] replicas = [new(At(1), 1, "one:1", false), new(At(2), 1, "two:1", true)];
        Assert.All(Enumerable.Range(0, 50), _ => Assert.Equal(2u, ratings.Order(replicas)[0].ServerId));
    }

    [Theory]
    [InlineData(1, 1, 200)]
    [InlineData(7, 201, 900)]
    public void A_slow_volume_is_read_less_than_its_share_and_the_others_of_its_server_are_not(ulong slow, int least, int most)
    {
        var ratings = NewRatings();
        Deliver(ratings, At(1, slow), 1000);
        foreach (ulong server in slow == 1 ? new ulong[] { 2, 3 } : [1, 2, 3])
        {
            Deliver(ratings, At(server), 1);
        }

        int chosen = Enumerable.Range(0, 900).Count(_ => ratings.Order(Replicas)[0].ServerId == 1);
        Assert.InRange(chosen, least, most);
    }

    private static ReplicaPlace At(ulong server, ulong volume = 1) => new(new ServerId(server), new VolumeId(volume));

    private static void Fail(ReplicaRatings ratings, ReplicaPlace place)
    {
        ratings.Began(place);
        ratings.Ended(place, null, failed: true);
    }

    private static void Deliver(ReplicaRatings ratings, ReplicaPlace place, double milliseconds)
    {
        ratings.Began(place);
        ratings.Ended(place, TimeSpan.FromMilliseconds(milliseconds), failed: false);
    }

    private static ReplicaRatings NewRatings(string host = "") =>
        new(host, new VolumeTimes(TimeProvider.System), TimeProvider.System, new Jitter(new Random(1)));
}
