using DfsNet.Devices.Time;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;
using Microsoft.Extensions.Logging.Abstractions;

namespace DfsNet.MetaServer.Cluster;

/// <summary>What is left out for being slow, and what is not. A place is "server.volume", such as "3.1".</summary>
public sealed class SlowVolumesTests
{
    private const ulong Fast = 2_000;
    private const ulong Slow = 400_000;

    private readonly ManualTimeProvider _time = new();
    private readonly TickCounter _ticks;
    private readonly SlowVolumes _slow;

    public SlowVolumesTests()
    {
        _ticks = new TickCounter(_time, TimeSpan.FromMilliseconds(100));
        _slow = new SlowVolumes(_ticks, new Alarms(new EventLog(_time), NullLogger.Instance));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void One_that_is_much_slower_than_the_others_is_left_out_and_comes_back(bool reads)
    {
        HearAndJudge(5, 1, reads, "3.1");
        Assert.Equal(["3.1"], LeftOut(5, 1));

        Pass(TimeSpan.FromSeconds(31));
        HearAndJudge(5, 1, reads);
        Assert.Empty(LeftOut(5, 1));
    }

    [Fact]
    public void One_that_is_slow_again_is_left_out_for_longer()
    {
        HearAndJudge(5, 1, true, "3.1");
        Pass(TimeSpan.FromSeconds(31));
        HearAndJudge(5, 1, true, "3.1");
        Pass(TimeSpan.FromSeconds(31));
        Assert.Equal(["3.1"], LeftOut(5, 1));
        Pass(TimeSpan.FromSeconds(31));
        Assert.Empty(LeftOut(5, 1));
    }

    [Fact]
    public void A_slow_disk_leaves_the_other_disks_of_its_server_alone()
    {
        HearAndJudge(5, 4, true, "3.2");
        Assert.Equal(["3.2"], LeftOut(5, 4));
    }

    [Fact]
    public void A_server_that_is_slow_in_all_its_disks_is_left_out_whole()
    {
        HearAndJudge(5, 3, false, "2.1", "2.2", "2.3");
        Assert.Equal(["2.1", "2.2", "2.3"], LeftOut(5, 3));
    }

    [Fact]
    public void Many_disks_of_one_server_among_servers_with_one_are_one_server()
    {
        // Six of ten volumes, and a fifth of the servers.
        var disks = new Dictionary<int, int> { [1] = 6, [2] = 1, [3] = 1, [4] = 1, [5] = 1 };
        HearAndJudge(disks, true, "1.1", "1.2", "1.3");
        HearAndJudge(disks, true, "1.4", "1.5", "1.6");
        Assert.Equal(["1.1", "1.2", "1.3", "1.4", "1.5", "1.6"], LeftOut(disks));

        HearAndJudge(disks, true, "2.1");
        Assert.DoesNotContain("2.1", LeftOut(disks));
    }

    [Fact]
    public void When_a_third_of_everything_is_slow_it_is_load_and_nobody_is_left_out()
    {
        HearAndJudge(6, 1, true, "1.1", "2.1");
        Assert.Empty(LeftOut(6, 1));
        HearAndJudge(6, 1, true, "1.1", "2.1", "3.1", "4.1", "5.1", "6.1");
        Assert.Empty(LeftOut(6, 1));
        HearAndJudge(6, 2, true, "1.1", "2.1", "3.1", "4.1");
        Assert.Empty(LeftOut(6, 2));
    }

    [Theory]
    [InlineData(1, 2)]
    [InlineData(2, 4)]
    public void Never_more_than_a_fifth_is_left_out_however_one_after_the_other_they_come(int disks, int most)
    {
        for (int server = 1; server <= 5; server++)
        {
            HearAndJudge(10, disks, true, $"{server}.1");
        }

        Assert.Equal(most, LeftOut(10, disks).Count);
    }

    [Fact]
    public void One_of_three_servers_may_be_left_out_and_one_of_two_may_not()
    {
        HearAndJudge(3, 1, true, "1.1");
        Assert.Equal(["1.1"], LeftOut(3, 1));
        HearAndJudge(2, 1, true, "2.1");
        Assert.Equal(["1.1"], LeftOut(3, 1));
    }

    [Fact]
    public void One_disk_of_four_of_a_single_server_may_be_left_out_and_two_may_not()
    {
        HearAndJudge(1, 4, true, "1.1", "1.2");
        Assert.Empty(LeftOut(1, 4));
        HearAndJudge(1, 4, true, "1.3");
        Assert.Equal(["1.3"], LeftOut(1, 4));
    }

    [Fact]
    public void One_client_alone_among_many_cannot_say_that_a_volume_is_slow()
    {
        for (ulong observer = 1; observer <= 5; observer++)
        {
            _slow.Hear(new SessionId(observer), Seen(Even(5, 1), true, observer == 1 ? ["3.1"] : []));
        }

        _slow.Judge(HealthOf(Even(5, 1)));
        Assert.Empty(LeftOut(5, 1));
    }

    [Theory]
    [InlineData(Slow, true)]
    [InlineData(2_200_000, false)]
    public void One_that_hangs_is_not_merely_slow(ulong time, bool isMerelySlow)
    {
        _slow.Hear(new SessionId(1), [.. Places(Even(5, 1)).Select(place => Seen(place, true, place.Server.Value == 3 ? time : Fast))]);
        _slow.Judge(HealthOf(Even(5, 1)));
        Assert.Equal(["3.1"], LeftOut(5, 1));
        Assert.Equal(isMerelySlow ? ["3.1"] : [], Places(Even(5, 1)).Where(_slow.IsMerelySlow).Select(NameOf));
    }

    [Fact]
    public void What_is_said_of_volumes_that_do_not_exist_counts_for_nothing()
    {
        // They would make everything else look slow, or be left out in place of one that is.
        HearAndJudge(Even(9, 2), Even(3, 1), "7.1", "8.2");
        Assert.Empty(LeftOut(9, 2));
        HearAndJudge(Even(9, 2), Even(3, 1), "7.1", "2.1");
        Assert.Equal(["2.1"], LeftOut(9, 2));
    }

    private void HearAndJudge(int servers, int disks, bool reads, params string[] slow) => HearAndJudge(Even(servers, disks), reads, slow);

    private void HearAndJudge(Dictionary<int, int> disks, bool reads, params string[] slow)
    {
        Hear(disks, reads, slow);
        _slow.Judge(HealthOf(disks));
    }

    private void HearAndJudge(Dictionary<int, int> told, Dictionary<int, int> disks, params string[] slow)
    {
        Hear(told, true, slow);
        _slow.Judge(HealthOf(disks));
    }

    private void Hear(Dictionary<int, int> disks, bool reads, string[] slow)
    {
        for (ulong observer = 1; observer <= 3; observer++)
        {
            _slow.Hear(new SessionId(observer), Seen(disks, reads, slow));
        }
    }

    private static List<VolumeObservation> Seen(Dictionary<int, int> disks, bool reads, string[] slow) =>
    [
        .. Places(disks).Select(place => Seen(place, reads, slow.Contains(NameOf(place)) ? Slow : Fast)),
    ];

    private static VolumeObservation Seen(ReplicaPlace place, bool reads, ulong time) => new()
    {
        ServerId = place.Server.Value,
        VolumeId = place.Volume.Value,
        ReadMicroseconds = reads ? time : 0,
        AppendMicroseconds = reads ? 0 : time,
    };

    private static Dictionary<int, int> Even(int servers, int disks) =>
        Enumerable.Range(1, servers).ToDictionary(server => server, _ => disks);

    private static IEnumerable<ReplicaPlace> Places(Dictionary<int, int> disks) => disks.SelectMany(server =>
        Enumerable.Range(1, server.Value).Select(disk =>
            new ReplicaPlace(new ServerId((ulong)server.Key), new VolumeId((ulong)((server.Key * 100) + disk)))));

    private static string NameOf(ReplicaPlace place) => $"{place.Server}.{place.Volume.Value % 100}";

    private static ServerHealth HealthOf(Dictionary<int, int> disks) => new(
        disks.Keys.ToDictionary(
            server => new ServerId((ulong)server), server => new ServerCondition(ServerState.Healthy, false, false, true, $"{server}")),
        Places(disks).ToDictionary(place => place, _ => new VolumeCondition(VolumeState.Healthy, false)));

    private List<string> LeftOut(int servers, int disks) => LeftOut(Even(servers, disks));

    private List<string> LeftOut(Dictionary<int, int> disks) => [.. Places(disks).Where(_slow.Contains).Select(NameOf)];

    private void Pass(TimeSpan span)
    {
        for (long tick = 0; tick < _ticks.Of(span); tick++)
        {
            _ticks.Advance();
        }
    }
}
