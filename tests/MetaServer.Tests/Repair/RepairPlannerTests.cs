using CsCheck;
using DfsNet.Devices.Time;
using DfsNet.MetaServer.Cluster;
using DfsNet.MetaServer.Placement;
using DfsNet.MetaServer.Repair;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;
using Microsoft.Extensions.Logging.Abstractions;

namespace DfsNet.MetaServer.Tests.Repair;

/// <summary>Drawn chunks on drawn clusters: every step of repair is safe, and repeating the steps leads to what is wanted.</summary>
public sealed class RepairPlannerTests
{
    private const int Servers = 7;
    private static readonly ChunkId Chunk = new(9);

    private static readonly Gen<Case> Cases = Gen.Select(
        Gen.Int[1, 4],
        Gen.Int[0, 4].Array[Servers],
        Gen.Int[0, 6].Array[Servers],
        Gen.Bool,
        (replication, holders, conditions, braked) => new Case(replication, holders, conditions, braked));

    [Fact]
    public void A_step_never_makes_a_chunk_worse() => Cases.Sample(drawn =>
    {
        var scene = new Scene(drawn);
        var before = scene.Look();
        switch (RepairPlanner.Plan(Chunk, before, scene.View, new Random(1)))
        {
            case MakeReplica make:
                Assert.DoesNotContain(before.Rows, row => row.Server == make.Target.Server);
                Assert.True(scene.IsHealthy(make.Target.Server));
                Assert.NotEmpty(make.Sources);
                Assert.All(make.Sources, source =>
                    Assert.True(before.Rows.Single(row => row.Server == source).Worth >= ReplicaWorth.Failing));
                Assert.True(before.ToMake > 0 || before.IsCrowded(scene.View.Health));
                Assert.True(!drawn.IsBraked || before.Safe <= 1);
                break;
            case DropReplica drop:
                var row = before.Rows.Single(row => row.Server == drop.Server);
                if (row.Worth is ReplicaWorth.Good or ReplicaWorth.Proven)
                {
                    Assert.True(before.Proven - 1 >= drawn.Replication, "a good one goes only when enough proven ones stay");
                    Assert.False(drawn.IsBraked);
                }
                else if (row.Worth == ReplicaWorth.Departing)
                {
                    Assert.True(before.Proven >= drawn.Replication);
                }
                else
                {
                    Assert.Equal(ReplicaWorth.Bad, row.Worth);
                    Assert.True(before.Good >= 1);
                }

                break;
        }
    });

    [Fact]
    public void Step_by_step_a_chunk_gets_exactly_what_is_wanted_if_there_is_a_source_and_a_place() => Cases.Sample(drawn =>
    {
        var scene = new Scene(drawn with { IsBraked = false });
        for (int step = 0; step < 40; step++)
        {
            switch (RepairPlanner.Plan(Chunk, scene.Look(), scene.View, new Random(step)))
            {
                case MakeReplica make:
                    scene.Add(make.Target.Server);
                    break;
                case DropReplica drop:
                    scene.Remove(drop.Server);
                    break;
                default:
                    step = 40;
                    break;
            }
        }

        var after = scene.Look();
        bool hasPlace = scene.View.Candidates.Any(candidate => after.Rows.All(row => row.Server != candidate.Server));
        if (after.Readable > 0 && hasPlace)
        {
            Assert.Equal(0, after.ToMake);
            bool canSpread = scene.View.Candidates.Any(candidate => after.Rows.All(row =>
                row.Server != candidate.Server && (row.Worth < ReplicaWorth.Good || scene.DomainOf(row.Server) != candidate.Domain)));
            Assert.False(
                after.Proven == drawn.Replication && after.IsCrowded(scene.View.Health) && canSpread
                    && after.Rows.All(row => row.Worth == ReplicaWorth.Proven),
                "replicas are in as many domains as they can be");
            Assert.True(after.Proven <= drawn.Replication, "what is proven and too much goes");
        }
    });

    [Fact]
    public void A_new_replica_goes_to_a_domain_that_has_none_if_one_is_free()
    {
        var scene = new Scene(new Case(3, [1, 1, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0], false));
        for (int seed = 0; seed < 50; seed++)
        {
            var make = Assert.IsType<MakeReplica>(RepairPlanner.Plan(Chunk, scene.Look(), scene.View, new Random(seed)));
            Assert.DoesNotContain(scene.DomainOf(make.Target.Server), new[] { "rack0", "rack1" });
        }
    }

    [Fact]
    public void A_replica_goes_to_a_slow_volume_only_when_there_is_no_other_place()
    {
        var slow = new Candidate(new ServerId(9), "host9:1", "rack9", 0, [new CandidateVolume(new VolumeId(109), 1UL << 40, 1UL << 39, 0)]);

        // One place is left on the seven servers, and then none.
        var scene = new Scene(new Case(7, [1, 1, 1, 1, 1, 1, 0], [0, 0, 0, 0, 0, 0, 0], false));
        var make = Assert.IsType<MakeReplica>(Plan());
        Assert.Equal(new ServerId(7), make.Target.Server);

        scene = new Scene(new Case(8, [1, 1, 1, 1, 1, 1, 1], [0, 0, 0, 0, 0, 0, 0], false));
        make = Assert.IsType<MakeReplica>(Plan());
        Assert.Equal(new ReplicaPlace(new ServerId(9), new VolumeId(109)), make.Target);

        RepairDecision Plan() => RepairPlanner.Plan(Chunk, scene.Look(), scene.View with { Slow = [slow] }, new Random(1));
    }

    [Fact]
    public void A_chunk_that_is_moved_ends_where_it_was_to_go_also_when_servers_that_have_it_are_gone() => Cases.Sample(drawn =>
    {
        var scene = new Scene(drawn with { IsBraked = false });
        var before = scene.Look();
        foreach (var from in before.Rows.Where(row => row.Worth == ReplicaWorth.Proven).Select(row => row.Server))
        {
            if (scene.View.Candidates.FirstOrDefault(to => BalancePolicy.MayMove(before, from, to, scene.View.Health)) is not { } target)
            {
                continue;
            }

            Assert.True(scene.View.Moves.TryAdd(Chunk, new ChunkMove(from, target.Server, 1_000)));
            var make = Assert.IsType<MakeReplica>(RepairPlanner.Plan(Chunk, before, scene.View, new Random(1)));
            Assert.Equal(target.Server, make.Target.Server);
            scene.Add(target.Server);
            if (scene.Look().Proven > drawn.Replication)
            {
                var drop = Assert.IsType<DropReplica>(RepairPlanner.Plan(Chunk, scene.Look(), scene.View, new Random(1)));
                Assert.Equal(from, drop.Server);
            }

            return;
        }
    });

    [Fact]
    public void What_a_server_that_is_gone_had_of_a_chunk_keeps_the_chunk_from_no_move()
    {
        var scene = new Scene(new Case(3, [1, 1, 1, 1, 0, 0, 0], [0, 0, 0, 3, 0, 0, 0], false));
        var target = scene.View.Candidates.Single(candidate => candidate.Server == new ServerId(5));
        Assert.True(BalancePolicy.MayMove(scene.Look(), new ServerId(1), target, scene.View.Health));
        Assert.False(BalancePolicy.MayMove(scene.Look(), new ServerId(2), target, scene.View.Health));
    }

    /// <summary>What is drawn: which servers have which row (0: none, 2: bad, 3: leaving), and how each server is.</summary>
    private sealed record Case(int Replication, int[] Holders, int[] Conditions, bool IsBraked);

    /// <summary>A chunk on seven servers in four domains.</summary>
    private sealed class Scene
    {
        private readonly Case _drawn;
        private readonly BadReplicas _bad;
        private readonly ServerHealth _health;
        private readonly SortedDictionary<ulong, ReplicaRecord> _rows = [];

        public Scene(Case drawn)
        {
            _drawn = drawn;
            var time = new ManualTimeProvider();
            var ticks = new TickCounter(time, TimeSpan.FromMilliseconds(100));
            _bad = new BadReplicas(ticks, new Alarms(new EventLog(time), NullLogger.Instance));
            _health = new ServerHealth(
                Enumerable.Range(0, Servers).ToDictionary(i => IdOf(i), i => ConditionOf(i)),
                Enumerable.Range(0, Servers).ToDictionary(
                    i => new ReplicaPlace(IdOf(i), VolumeOf(i)),
                    i => new VolumeCondition(drawn.Conditions[i] == 4 ? VolumeState.Failed : VolumeState.Healthy, false)));
            for (int i = 0; i < Servers; i++)
            {
                if (drawn.Holders[i] == 0)
                {
                    continue;
                }

                _rows[IdOf(i).Value] = new ReplicaRecord { VolumeId = VolumeOf(i).Value, Generation = 5, Leaving = drawn.Holders[i] == 3 };
                if (drawn.Holders[i] == 2)
                {
                    _bad.Mark(Chunk, IdOf(i), ReplicaFault.Damaged);
                }
            }

            View = new RepairView(
                _health,
                [.. Enumerable.Range(0, Servers).Where(i => drawn.Conditions[i] is 0 or 1).Select(i => new Candidate(
                    IdOf(i), $"host{i}:1", DomainOf(IdOf(i)), 0, [new CandidateVolume(VolumeOf(i), 1UL << 40, 1UL << 39, 0)]))],
                new CopySlots(ticks, 2),
                new ChunkMoves(ticks),
                drawn.IsBraked,
                MayDrop: true);
        }

        public RepairView View { get; }

        public ChunkStanding Look() => ChunkStanding.Of(
            Chunk,
            new ChunkRecord
            {
                State = ChunkState.Sealed,
                CommittedLength = 1_000,
                References = 1,
                Replication = (uint)_drawn.Replication,
            },
            [.. _rows.Select(row => (new ServerId(row.Key), row.Value))],
            _health,
            _bad);

        public bool IsHealthy(ServerId server) => _drawn.Conditions[(int)server.Value - 1] is 0 or 1;

        public string DomainOf(ServerId server) => $"rack{(server.Value - 1) % 4}";

        public void Add(ServerId server) =>
            _rows.Add(server.Value, new ReplicaRecord { VolumeId = VolumeOf((int)server.Value - 1).Value, Generation = 6 });

        public void Remove(ServerId server)
        {
            _rows.Remove(server.Value);
            _bad.Clear(Chunk, server);
        }

        private static ServerId IdOf(int i) => new((ulong)i + 1);

        private static VolumeId VolumeOf(int i) => new((ulong)i + 100);

        // 0 healthy, 1 healthy and not reported, 2 dead and awaited, 3 gone, 4 with a failed volume, 5 draining, 6 draining and suspect.
        private ServerCondition ConditionOf(int i) => _drawn.Conditions[i] switch
        {
            0 => new ServerCondition(ServerState.Healthy, false, false, true, DomainOf(IdOf(i))),
            1 => new ServerCondition(ServerState.Healthy, false, false, false, DomainOf(IdOf(i))),
            2 => new ServerCondition(ServerState.Dead, false, false, false, DomainOf(IdOf(i))),
            3 => new ServerCondition(ServerState.Dead, true, false, false, DomainOf(IdOf(i))),
            4 => new ServerCondition(ServerState.Healthy, false, false, true, DomainOf(IdOf(i))),
            5 => new ServerCondition(ServerState.Healthy, false, true, true, DomainOf(IdOf(i))),
            _ => new ServerCondition(ServerState.Suspect, false, true, false, DomainOf(IdOf(i))),
        };
    }
}
