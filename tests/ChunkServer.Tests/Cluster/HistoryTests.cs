using DfsNet.ChunkServer.Cluster;

namespace DfsNet.ChunkServer.Tests.Cluster;

public sealed class HistoryTests
{
    [Fact]
    public void History_is_ordered_by_incarnation_and_then_by_index()
    {
        var seen = new SeenHistory();
        Assert.True(seen.Accept(new HistoryPoint(1, 100)));
        Assert.True(seen.Accept(new HistoryPoint(1, 100)));
        Assert.False(seen.Accept(new HistoryPoint(1, 99)));
        Assert.True(seen.Accept(new HistoryPoint(2, 1)));
        Assert.False(seen.Accept(new HistoryPoint(1, 1_000)));
    }

    [Fact]
    public void A_point_is_stored_once()
    {
        var seen = new SeenHistory();
        Assert.Null(seen.TakeUnstored());
        seen.Accept(new HistoryPoint(1, 5));
        Assert.Equal(new HistoryPoint(1, 5), seen.TakeUnstored());
        Assert.Null(seen.TakeUnstored());
    }

    [Fact]
    public void Orders_of_an_older_term_are_not_accepted()
    {
        var terms = new OrderTerms();
        Assert.True(terms.Accept(3));
        Assert.True(terms.Accept(3));
        Assert.False(terms.Accept(2));
        Assert.True(terms.Accept(4));
        Assert.Throws<DfsException>(() => terms.Require(3, "copy"));
    }
}
