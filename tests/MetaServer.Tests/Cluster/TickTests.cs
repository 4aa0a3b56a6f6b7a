using DfsNet.Devices.Time;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;
using Microsoft.Extensions.Logging.Abstractions;

namespace DfsNet.MetaServer.Cluster;

public sealed class TickTests
{
    private readonly ManualTimeProvider _time = new();
    private readonly TickCounter _ticks;

    public TickTests() => _ticks = new TickCounter(_time, TimeSpan.FromMilliseconds(100));

    [Fact]
    public void A_process_that_slept_declares_nobody_dead()
    {
        var servers = NewServers();
        servers.Put(new ServerId(1), new ServerRecord());
        var sessions = new SessionTable(_ticks, TimeSpan.FromSeconds(30));
        sessions.Add(new SessionId(1), isNew: true);

        // An hour passes in one late tick.
        _time.Advance(TimeSpan.FromHours(1));
        _ticks.Advance();

        Assert.Equal(ServerState.Healthy, servers.StateOf(new ServerId(1)));
        Assert.Empty(servers.FindDead());
        Assert.Empty(sessions.TakeExpired(10));
    }

    [Fact]
    public void A_server_dies_once()
    {
        var servers = NewServers();
        servers.Put(new ServerId(1), new ServerRecord());
        for (int tick = 0; tick < 100; tick++)
        {
            _ticks.Advance();
        }

        Assert.Equal([new ServerId(1)], servers.FindDead());
        Assert.Empty(servers.FindDead());
    }

    [Fact]
    public void Nothing_is_free_before_every_session_has_said_what_it_holds()
    {
        var sessions = new SessionTable(_ticks, TimeSpan.FromSeconds(30));
        sessions.Add(new SessionId(1), isNew: false);
        Assert.False(sessions.EveryoneReported());
        Assert.True(sessions.KeepAlive(new KeepAliveRequest { SessionId = 1, HeldAdded = { 5 } }));

        Assert.False(sessions.KeepAlive(new KeepAliveRequest { SessionId = 1, HeldAdded = { 7, 8 }, HeldComplete = true }));

        Assert.True(sessions.EveryoneReported());
        Assert.True(sessions.IsHeld(new InodeId(7)));
        Assert.False(sessions.IsHeld(new InodeId(5)));
        sessions.KeepAlive(new KeepAliveRequest { SessionId = 1, HeldRemoved = { 7 } });
        Assert.False(sessions.IsHeld(new InodeId(7)));
        sessions.Remove(new SessionId(1));
        Assert.False(sessions.IsHeld(new InodeId(8)));
    }

    [Fact]
    public void A_mark_made_lately_is_not_cleared_by_a_page()
    {
        var bad = new BadReplicas(_ticks, new Alarms(new EventLog(_time), NullLogger.Instance));
        bad.Mark(new ChunkId(1), new ServerId(1), ReplicaFault.Damaged);

        bad.ClearOld(new ChunkId(1), new ServerId(1));
        Assert.True(bad.Contains(new ChunkId(1), new ServerId(1)));

        bad.Clear(new ChunkId(1), new ServerId(1));
        Assert.False(bad.Contains(new ChunkId(1), new ServerId(1)));
    }

    private ServerTable NewServers() => new(
        _ticks,
        new SlowVolumes(_ticks, new Alarms(new EventLog(_time), NullLogger.Instance)),
        TimeSpan.FromSeconds(3),
        TimeSpan.FromSeconds(10),
        TimeSpan.FromSeconds(30));
}
