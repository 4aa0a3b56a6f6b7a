using DfsNet.ChunkServer.Cluster;
using DfsNet.Protocol.Wire;

namespace DfsNet.ChunkServer.Tests.Cluster;

public sealed class PendingChangesTests
{
    private static ReplicaReport Report(ulong chunk, uint length = 1) => new() { ChunkId = chunk, Length = length };

    private static HeartbeatRequest Beat(PendingChanges pending)
    {
        var heartbeat = new HeartbeatRequest();
        pending.Fill(heartbeat);
        return heartbeat;
    }

    [Fact]
    public void Changes_stay_until_a_heartbeat_with_them_was_answered()
    {
        var pending = new PendingChanges();
        pending.Add(Report(2));
        pending.Add(Report(1));
        Assert.Equal([1ul, 2ul], Beat(pending).Changed.Select(report => report.ChunkId));
        var second = Beat(pending);
        Assert.Equal(2, second.Changed.Count);
        pending.Answered(second);
        Assert.Empty(Beat(pending).Changed);
    }

    [Fact]
    public void A_change_while_its_predecessor_travels_is_told_again()
    {
        var pending = new PendingChanges();
        pending.Add(Report(1, 10));
        var first = Beat(pending);
        pending.Add(Report(1, 20));
        pending.Answered(first);
        Assert.Equal(20u, Assert.Single(Beat(pending).Changed).Length);
    }

    [Fact]
    public void A_removal_takes_the_place_of_changes()
    {
        var pending = new PendingChanges();
        pending.Add(Report(1));
        pending.Add(new RemovedReplica { ChunkId = 1 });
        var heartbeat = Beat(pending);
        Assert.Empty(heartbeat.Changed);
        Assert.Single(heartbeat.Removed);
    }

    [Fact]
    public void Too_many_changes_become_one_wish_for_a_full_report()
    {
        var pending = new PendingChanges();
        for (ulong chunk = 1; chunk <= 100_001; chunk++)
        {
            pending.Add(Report(chunk));
        }

        Assert.True(pending.TakeOverflow());
        Assert.False(pending.TakeOverflow());
        Assert.Empty(Beat(pending).Changed);
    }
}
