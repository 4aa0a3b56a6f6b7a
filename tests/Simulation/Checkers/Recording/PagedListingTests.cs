using DfsNet.Protocol.Wire;
using DfsNet.Simulation.Checkers.Linearizability;

namespace DfsNet.Simulation.Checkers.Recording;

public sealed class PagedListingTests
{
    private readonly NamespaceHistory _history = new(new Chronicle(() => 0), "/w");

    [Fact]
    public void What_stays_is_there_once_and_what_comes_or_goes_may_be_there()
    {
        Put("a");
        Put("b");
        Put("c");
        var listing = Begin("a", "b");
        Delete("b");
        Put("d");
        listing.End();

        Assert.Equal([$"{listing}: c was there all the while, and is missing"], listing.Check(_history.Calls));
        Assert.Equal(2, End("a").Check(_history.Calls).Count());
    }

    [Fact]
    public void Names_come_once_and_in_order()
    {
        Put("a");
        Put("b");

        Assert.Single(End("a", "a", "b").Check(_history.Calls));
        Assert.Single(End("b", "a").Check(_history.Calls));
        Assert.Empty(End("a", "b").Check(_history.Calls));
    }

    [Fact]
    public void What_is_not_there_is_not_listed()
    {
        Put("a");
        Delete("a");
        Assert.Single(End("a").Check(_history.Calls));
        Assert.Single(End("x").Check(_history.Calls));

        _history.Begin(0, _history.Put("/w/a", 1, overwrite: false)).Fail(ErrorCode.TimedOut);
        Assert.Empty(End("a").Check(_history.Calls));
        Assert.Empty(End().Check(_history.Calls));
    }

    private void Put(string name) => _history.Begin(0, _history.Put($"/w/{name}", 1, overwrite: false)).Succeed();

    private void Delete(string name) => _history.Begin(0, new DeleteCall(_history.Path($"/w/{name}"))).Succeed();

    private PagedListing Begin(params string[] names)
    {
        var listing = new PagedListing(_history.Chronicle, _history.Path("/w"));
        Array.ForEach(names, listing.Add);
        return listing;
    }

    private PagedListing End(params string[] names)
    {
        var listing = Begin(names);
        listing.End();
        return listing;
    }
}
