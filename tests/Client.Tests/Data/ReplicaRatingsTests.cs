using DfsNet.Client.Data;
using DfsNet.Client.Metadata;

namespace DfsNet.Client.Tests.Data;

/// <summary>Which replica is read first.</summary>
public sealed class ReplicaRatingsTests
{
    private static readonly ReplicaAddress[] Replicas =
    [
        new(1, 1, "one:1", true), new(2, 1, "two:1", true), new(3, 1, "three:1", true),
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
        ratings.Began(2);
        ratings.Ended(2, null, failed: true);
        Assert.All(Enumerable.Range(0, 50), _ => Assert.Equal(2u, ratings.Order(Replicas)[2].ServerId));
    }

    [Fact]
    public void A_suspect_server_comes_after_healthy_ones()
    {
        var ratings = NewRatings();
        ReplicaAddress[] replicas = [new(1, 1, "one:1", false), new(2, 1, "two:1", true)];
        Assert.All(Enumerable.Range(0, 50), _ => Assert.Equal(2u, ratings.Order(replicas)[0].ServerId));
    }

    [Fact]
    public void A_slow_server_is_read_less_than_its_share()
    {
        var ratings = NewRatings();
        foreach (ulong server in new ulong[] { 1, 2, 3 })
        {
            ratings.Began(server);
            ratings.Ended(server, TimeSpan.FromMilliseconds(server == 1 ? 1000 : 1), failed: false);
        }

        int chosen = Enumerable.Range(0, 900).Count(_ => ratings.Order(Replicas)[0].ServerId == 1);
        Assert.InRange(chosen, 1, 200);
    }

    private static ReplicaRatings NewRatings(string host = "") => new(host, TimeProvider.System, new Jitter(new Random(1)));
}
