using CsCheck;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Placement;

public sealed class PlacementPolicyTests
{
    private const int ChunkSize = 64 * 1024 * 1024;

    private static readonly Gen<Candidate[]> Clusters =
        Gen.Select(Gen.Int[0, 3], Gen.Int[0, 20], Gen.Bool).Array[0, 12].Select(servers => servers.Select((server, at) => new Candidate(
            new ServerId((ulong)at + 1),
            $"host{at}:7711",
            $"rack{server.Item1}",
            server.Item2,
            [
                new CandidateVolume(new VolumeId((ulong)at + 100), 1UL << 40, server.Item3 ? 1UL << 39 : 1_000, 0),
                new CandidateVolume(new VolumeId((ulong)at + 200), 1UL << 40, 1_000, 0),
            ])).ToArray());

    [Fact]
    public void A_chain_has_one_replica_per_server_on_volumes_with_room_and_spreads_over_domains() =>
        Gen.Select(Clusters, Gen.Int[1, 5], Gen.Int[0, 12].Array[0, 4], Gen.Int[0, 1_000]).Sample((candidates, replication, failed, seed) =>
        {
            var request = Request(replication, [.. failed.Distinct().Select(server => Whole((ulong)server))]);
            var able = candidates.Where(candidate => candidate.Volumes[0].Fits(ChunkSize)).ToList();
            int minimum = Math.Min(2, replication);
            if (able.Count < minimum)
            {
                var error = Assert.Throws<DfsException>(() => PlacementPolicy.Choose(request, candidates, [], new Random(seed)));
                Assert.Equal(ErrorCode.TooFewServers, error.Code);
                return;
            }

            var chain = PlacementPolicy.Choose(request, candidates, [], new Random(seed));

            var failures = request.Failed.Select(place => place.Server).ToList();
            var pool = able.Where(candidate => !failures.Contains(candidate.Server)).ToList();
            foreach (var failure in failures.AsEnumerable().Reverse().Where(server => able.Exists(candidate => candidate.Server == server)))
            {
                if (pool.Count < minimum)
                {
                    pool.Add(able.Single(candidate => candidate.Server == failure));
                }
            }

            Assert.Equal(Math.Min(replication, pool.Count), chain.Count);
            Assert.Equal(chain.Count, chain.DistinctBy(place => place.Server).Count());
            Assert.All(chain, place => Assert.Contains(pool, candidate => candidate.Server == place.Server));
            Assert.All(chain, place => Assert.Equal(place.Server.Value + 99, place.Volume.Value));
            int domains = chain.DistinctBy(place => candidates.Single(candidate => candidate.Server == place.Server).Domain).Count();
            Assert.Equal(Math.Min(chain.Count, pool.DistinctBy(candidate => candidate.Domain).Count()), domains);
        });

    [Fact]
    public void Servers_that_failed_are_asked_again_only_to_reach_the_minimum_the_latest_failure_last()
    {
        var candidates = Enumerable.Range(0, 3).Select(at => Server(at, load: 0)).ToArray();
        var failed = new[] { Whole(2), Whole(3) };

        var chain = PlacementPolicy.Choose(Request(3, failed), candidates, [], new Random(1));

        Assert.Equal([1UL, 3UL], chain.Select(place => place.Server.Value).Order());
    }

    [Fact]
    public void A_server_of_which_a_volume_failed_takes_part_with_its_other_one()
    {
        var candidates = Enumerable.Range(0, 3).Select(at => Server(at, load: 0)).ToArray();
        candidates[1] = candidates[1] with { Volumes = [.. candidates[1].Volumes, new CandidateVolume(new(900), 1UL << 40, 1UL << 30, 0)] };
        var failed = new[] { new ReplicaPlace(new(2), new(101)), new ReplicaPlace(new(3), new(102)) };

        var chain = PlacementPolicy.Choose(Request(3, failed), candidates, [], new Random(1));

        // Its roomiest volume is the one that failed; the third server has no other.
        Assert.Equal([new ReplicaPlace(new(1), new(100)), new ReplicaPlace(new(2), new(900))], chain.Order());
    }

    [Fact]
    public void A_server_of_which_a_volume_failed_is_left_alone_when_there_are_enough_others()
    {
        var candidates = Enumerable.Range(0, 4).Select(at => Server(at, load: 0)).ToArray();
        candidates[1] = candidates[1] with { Volumes = [.. candidates[1].Volumes, new CandidateVolume(new(900), 1UL << 40, 1UL << 30, 0)] };

        var chain = PlacementPolicy.Choose(Request(3, [new ReplicaPlace(new(2), new(101))]), candidates, [], new Random(1));

        Assert.Equal([1UL, 3UL, 4UL], chain.Select(place => place.Server.Value).Order());
    }

    [Fact]
    public void Slow_volumes_take_part_when_there_are_too_few_others_and_did_not_fail()
    {
        var all = Enumerable.Range(0, 4).Select(at => Server(at, load: 0)).ToArray();

        var enough = PlacementPolicy.Choose(Request(3, []), all[..3], all[3..], new Random(1));
        var filled = PlacementPolicy.Choose(Request(3, []), all[..2], all[3..], new Random(1));
        var failed = PlacementPolicy.Choose(Request(3, [Whole(4)]), all[..2], all[3..], new Random(1));

        Assert.Equal([1UL, 2UL, 3UL], enough.Select(place => place.Server.Value).Order());
        Assert.Equal([1UL, 2UL, 4UL], filled.Select(place => place.Server.Value).Order());
        Assert.Equal([1UL, 2UL], failed.Select(place => place.Server.Value).Order());
    }

    [Fact]
    public void Volumes_that_failed_are_asked_again_to_reach_the_minimum()
    {
        var candidates = Enumerable.Range(0, 3).Select(at => Server(at, load: 0)).ToArray();
        var failed = new[] { new ReplicaPlace(new(2), new(101)), Whole(3), new ReplicaPlace(new(1), new(100)) };

        var chain = PlacementPolicy.Choose(Request(3, failed), candidates, [], new Random(1));

        Assert.Equal([1UL, 3UL], chain.Select(place => place.Server.Value).Order());
    }

    [Fact]
    public void The_clients_own_host_is_the_head()
    {
        var candidates = Enumerable.Range(0, 6).Select(at => Server(at, load: at == 4 ? 100 : 0)).ToArray();

        var chain = PlacementPolicy.Choose(Request(3, []) with { ClientHost = "host4" }, candidates, [], new Random(1));

        Assert.Equal(new ServerId(5), chain[0].Server);
    }

    [Fact]
    public void A_loaded_server_is_chosen_less_often()
    {
        var candidates = Enumerable.Range(0, 4).Select(at => Server(at, load: at == 0 ? 50 : 0)).ToArray();
        var random = new Random(1);

        int loaded = Enumerable.Range(0, 1_000)
            .Count(_ => PlacementPolicy.Choose(Request(1, []), candidates, [], random)[0].Server == new ServerId(1));

        Assert.InRange(loaded, 1, 120);
    }

    private static PlacementRequest Request(int replication, IReadOnlyList<ReplicaPlace> failed) =>
        new(replication, Math.Min(2, replication), ChunkSize, failed, "");

    private static ReplicaPlace Whole(ulong server) => new(new ServerId(server), default);

    private static Candidate Server(int at, int load) => new(
        new ServerId((ulong)at + 1),
        $"host{at}:7711",
        $"rack{at}",
        load,
        [new CandidateVolume(new VolumeId((ulong)at + 100), 1UL << 40, 1UL << 39, 0)]);
}
