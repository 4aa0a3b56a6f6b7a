using CsCheck;
using DfsNet.Devices.Time;
using DfsNet.MetaServer.Cluster;
using DfsNet.MetaServer.Repair;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;
using Microsoft.Extensions.Logging.Abstractions;

namespace DfsNet.MetaServer.Tests.Repair;

/// <summary>The queue, the brake, the balance and the deadline, each alone.</summary>
public sealed class RepairPartsTests
{
    private readonly ManualTimeProvider _time = new();
    private readonly TickCounter _ticks;

    public RepairPartsTests() => _ticks = new TickCounter(_time, TimeSpan.FromMilliseconds(100));

    [Fact]
    public void The_queue_gives_the_most_endangered_first_and_each_chunk_once()
    {
        var queue = new RepairQueue(_ticks);
        queue.Add(new ChunkId(1), 2);
        queue.Add(new ChunkId(2), 1);
        queue.Add(new ChunkId(3), RepairQueue.NotEndangered);
        queue.Add(new ChunkId(2), 1);
        queue.Add(new ChunkId(3), 1);

        Assert.Equal(new ChunkId(2), queue.Take()!.Value.Chunk);
        Assert.Equal(new ChunkId(3), queue.Take()!.Value.Chunk);
        queue.Add(new ChunkId(2), 1);
        Assert.Equal(new ChunkId(1), queue.Take()!.Value.Chunk);
        Assert.Null(queue.Take());
        Assert.False(queue.HasEndangered);
    }

    [Fact]
    public void What_failed_is_tried_again_after_a_while_and_what_was_never_applied_too()
    {
        var queue = new RepairQueue(_ticks);
        queue.Add(new ChunkId(1), 1);
        queue.Add(new ChunkId(2), 1);
        queue.Failed(queue.Take()!.Value.Chunk, 1);
        queue.Settling(queue.Take()!.Value.Chunk);
        queue.Add(new ChunkId(2), 1);
        Assert.Null(queue.Take());

        Pass(TimeSpan.FromSeconds(6));
        Assert.Equal(new ChunkId(1), queue.Take()!.Value.Chunk);
        Pass(TimeSpan.FromSeconds(10));
        queue.Tidy();
        queue.Add(new ChunkId(2), 1);
        Assert.Equal(new ChunkId(2), queue.Take()!.Value.Chunk);
    }

    [Fact]
    public void What_waits_for_servers_does_not_wake_the_one_who_put_it_back()
    {
        var queue = new RepairQueue(_ticks);
        queue.Add(new ChunkId(1), 1);
        queue.Arm();
        var (chunk, level) = queue.Take()!.Value;
        queue.PutBack(chunk, level);
        var wait = queue.WaitAsync(CancellationToken.None);
        Assert.False(wait.IsCompleted);
        queue.Wake();
        Assert.True(wait.IsCompleted);
    }

    [Theory]
    [InlineData(5, 1, false)]
    [InlineData(3, 1, false)]
    [InlineData(5, 2, true)]
    [InlineData(100, 19, false)]
    [InlineData(100, 20, true)]
    public void The_brake_is_for_a_fifth_of_the_servers_of_one_domain_and_never_for_a_single_one(int servers, int dead, bool isBraked)
    {
        var brake = NewBrake();
        Die(brake, dead);
        brake.Look(HealthOf(servers, dead, _ => "rack"));
        Assert.Equal(isBraked, brake.IsActive);
    }

    [Fact]
    public void The_brake_is_for_two_domains_and_ends_with_time_with_their_return_or_by_an_operator()
    {
        var brake = NewBrake();
        var bad = HealthOf(100, 2, server => $"rack{server}");
        Die(brake, 2);
        brake.Look(bad);
        Assert.True(brake.IsActive);
        brake.Look(HealthOf(100, 0, server => $"rack{server}"));
        Assert.False(brake.IsActive);

        Die(brake, 2);
        brake.Look(bad);
        brake.Release();
        brake.Look(bad);
        Assert.False(brake.IsActive);

        Die(brake, 2);
        brake.Look(bad);
        Assert.True(brake.IsActive);
        Pass(TimeSpan.FromMinutes(11));
        brake.Look(bad);
        Assert.False(brake.IsActive);
    }

    [Fact]
    public void Deaths_that_lie_apart_are_no_mass_failure()
    {
        var brake = NewBrake();
        brake.Died(new ServerId(1));
        Pass(TimeSpan.FromMinutes(11));
        brake.Died(new ServerId(2));
        brake.Look(HealthOf(5, 2, server => $"rack{server}"));
        Assert.False(brake.IsActive);
    }

    [Fact]
    public void A_death_whose_loss_was_made_up_for_does_not_count_with_the_next_one()
    {
        var brake = NewBrake();
        brake.RoundBegins();
        brake.Died(new ServerId(1));
        // This round may have looked at its chunks before it died.
        brake.RoundEnded(isEverythingThere: true);
        brake.RoundBegins();
        brake.RoundEnded(isEverythingThere: false);
        brake.Died(new ServerId(2));
        brake.Look(HealthOf(5, 2, server => $"rack{server}"));
        Assert.True(brake.IsActive);

        brake.RoundBegins();
        brake.RoundEnded(isEverythingThere: true);
        brake.Look(HealthOf(5, 2, server => $"rack{server}"));
        Assert.False(brake.IsActive);
        brake.Died(new ServerId(3));
        brake.Look(HealthOf(5, 3, server => $"rack{server}"));
        Assert.False(brake.IsActive);
    }

    [Fact]
    public void Balance_comes_to_an_end_and_leaves_nobody_far_from_the_mean() => Gen.Int[0, 100].Array[2, 12].Sample(fills =>
    {
        const int ChunkSize = 64;
        var policy = new BalancePolicy(ChunkSize);
        var servers = fills.Select((fill, i) => new ServerFill(new ServerId((ulong)i + 1), fill * 100.0, 10_000)).ToList();
        int moves = 0;
        while (policy.Choose(servers, isUnderWay: moves > 0, isAsked: true, _ => true) is { } move)
        {
            Assert.True(++moves < 10_000, "it never ends");
            int from = servers.FindIndex(server => server.Server == move.From);
            int to = servers.FindIndex(server => server.Server == move.To);
            servers[from] = servers[from] with { StoredBytes = servers[from].StoredBytes - ChunkSize };
            servers[to] = servers[to] with { StoredBytes = servers[to].StoredBytes + ChunkSize };
            Assert.True(servers[from].Fill >= servers[to].Fill, "a move never makes the source emptier than its target");
        }

        double mean = servers.Average(server => server.Fill);
        Assert.All(servers, server => Assert.InRange(server.Fill, mean - 0.06, mean + 0.06));
    });

    [Fact]
    public void Small_differences_move_nothing_unless_an_operator_asks()
    {
        var policy = new BalancePolicy(64);
        ServerFill[] servers =
        [
            new(new ServerId(1), 1_000, 10_000), new(new ServerId(2), 1_800, 10_000), new(new ServerId(3), 1_400, 10_000),
        ];
        Assert.Null(policy.Choose(servers, isUnderWay: false, isAsked: false, _ => true));
        Assert.Equal((new ServerId(2), new ServerId(1)), policy.Choose(servers, isUnderWay: false, isAsked: true, _ => true));
    }

    [Fact]
    public void Repair_hurries_only_when_the_deadline_would_be_missed()
    {
        var pace = new RepairPace(_ticks);
        pace.Follow(1_000, 1);
        Assert.False(pace.IsHurried);
        pace.SetDeadline(TimeSpan.FromSeconds(100));
        pace.Follow(1_000, 20);
        Assert.False(pace.IsHurried);
        pace.Follow(1_000, 5);
        Assert.True(pace.IsHurried);
        pace.Follow(0, 0);
        Assert.False(pace.IsHurried);
    }

    private MassFailure NewBrake() =>
        new(_ticks, TimeSpan.FromMinutes(10), new Alarms(new EventLog(_time), NullLogger.Instance));

    private static void Die(MassFailure brake, int servers)
    {
        for (int server = 1; server <= servers; server++)
        {
            brake.Died(new ServerId((ulong)server));
        }
    }

    private static ServerHealth HealthOf(int servers, int dead, Func<int, string> domain) => new(
        Enumerable.Range(1, servers).ToDictionary(
            server => new ServerId((ulong)server),
            server => new ServerCondition(
                server <= dead ? ServerState.Dead : ServerState.Healthy, false, false, server > dead, domain(server))),
        new Dictionary<ReplicaPlace, VolumeCondition>());

    private void Pass(TimeSpan span)
    {
        for (long tick = 0; tick < _ticks.Of(span); tick++)
        {
            _ticks.Advance();
        }
    }
}
