using DfsNet.Client.Metadata;
using DfsNet.Protocol.Wire;

namespace DfsNet.Client.Tests.Metadata;

/// <summary>Sequence numbers, the choice of the leader, and held files.</summary>
public sealed class RequestWindowTests
{
    [Fact]
    public async Task Sequences_grow_and_name_the_lowest_open_one()
    {
        var window = new RequestWindow(10);
        Assert.Equal((1ul, 1ul), await window.BeginAsync(default));
        Assert.Equal((2ul, 1ul), await window.BeginAsync(default));
        window.End(1);
        Assert.Equal((3ul, 2ul), await window.BeginAsync(default));
        window.End(3);
        window.End(2);
        Assert.Equal((4ul, 4ul), await window.BeginAsync(default));
    }

    [Fact]
    public async Task A_sequence_too_far_above_the_lowest_open_one_waits()
    {
        var window = new RequestWindow(2);
        await window.BeginAsync(default);
        await window.BeginAsync(default);
        window.End(2);
        var third = window.BeginAsync(default).AsTask();
        Assert.False(third.IsCompleted);
        window.End(1);
        Assert.Equal((3ul, 3ul), await third);
    }

    [Fact]
    public void Failed_calls_move_to_the_next_node_once_and_follow_hints()
    {
        var leader = new LeaderChoice(["a:1", "b:1", "c:1"]);
        Assert.False(leader.MoveOn("a:1", ""));
        Assert.Equal("b:1", leader.Current);
        Assert.False(leader.MoveOn("a:1", ""));
        Assert.Equal("b:1", leader.Current);
        Assert.True(leader.MoveOn("b:1", "z:9"));
        Assert.Equal("z:9", leader.Current);
        Assert.False(leader.MoveOn("z:9", "not an address"));
        Assert.Equal("c:1", leader.Current);
    }

    [Fact]
    public void Keep_alives_tell_changes_and_new_sessions_everything()
    {
        var held = new HeldInodes();
        held.Hold(5);
        held.Hold(5);
        held.Hold(6);
        var first = held.Describe(1, all: false);
        Assert.True(first.HeldComplete);
        Assert.Equal([5ul, 6ul], first.HeldAdded);
        held.Told(first);

        held.LetGo(5);
        held.LetGo(6);
        held.Hold(7);
        var second = held.Describe(1, all: false);
        Assert.False(second.HeldComplete);
        Assert.Equal([7ul], second.HeldAdded);
        Assert.Equal([6ul], second.HeldRemoved);
        Assert.Equal(second, held.Describe(1, all: false));
        held.Told(second);
        Assert.Equal(new KeepAliveRequest { SessionId = 1 }, held.Describe(1, all: false));
        Assert.Equal([5ul, 7ul], held.Describe(2, all: false).HeldAdded);
    }
}
