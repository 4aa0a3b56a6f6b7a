using DfsNet.Protocol;

namespace DfsNet.MetaServer.Cluster;

public sealed class ReplicaChangesTests
{
    private static readonly (ServerId Server, ChunkId Chunk, Generation Generation) Replica = (new(1), new(2), new(3));

    private readonly ReplicaChanges _changes = new();

    [Fact]
    public void A_removal_that_is_contradicted_before_it_is_taken_is_not_committed()
    {
        _changes.Gone(Replica.Server, Replica.Chunk, Replica.Generation);
        _changes.NotGone(Replica.Server, Replica.Chunk, Replica.Generation);

        Assert.Null(_changes.Take(10));
    }

    [Fact]
    public void A_removal_that_is_contradicted_while_it_is_committed_begins_anew()
    {
        _changes.Gone(Replica.Server, Replica.Chunk, Replica.Generation);
        var taken = _changes.Take(10)!;
        Assert.Single(taken.Gone);

        _changes.NotGone(Replica.Server, Replica.Chunk, Replica.Generation);
        _changes.Settle(taken);

        Assert.Equal(taken.Gone[0], Assert.Single(_changes.Take(10)!.Leaving));
        Assert.Null(_changes.Take(10));
    }

    [Fact]
    public void A_removal_that_is_not_contradicted_is_over_when_it_is_settled()
    {
        _changes.Gone(Replica.Server, Replica.Chunk, Replica.Generation);
        _changes.Settle(_changes.Take(10)!);

        Assert.Null(_changes.Take(10));
    }
}
