using DfsNet.MetaServer.Node;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Cluster;

public sealed class RegistrationTests
{
    [Fact]
    public async Task A_repeated_first_registration_registers_one_server()
    {
        await using var cluster = await TestCluster.StartAsync(1);
        ulong first = cluster.Servers[0].Id;

        var again = await cluster.Servers[0].RegisterAsync(request => request.ServerId = 0);

        Assert.Equal(first, again.ServerId);
        Assert.Single((await cluster.Node.StatusAsync()).Servers);
    }

    [Fact]
    public async Task A_second_process_with_one_server_id_is_refused_while_the_first_lives()
    {
        await using var cluster = await TestCluster.StartAsync(1);
        var server = cluster.Servers[0];

        var error = await TestNode.RefusedAsync(() => server.RegisterAsync(request => request.BootId = 2));
        Assert.Equal(ErrorCode.Refused, error.Code);

        await cluster.Node.PassAsync(cluster.Node.Options.SuspectAfter + TimeSpan.FromSeconds(1));
        server.BootId = 2;
        await server.RegisterAsync();
    }

    [Fact]
    public async Task A_server_of_another_cluster_is_refused()
    {
        await using var cluster = await TestCluster.StartAsync(1);

        var error = await TestNode.RefusedAsync(() => cluster.Servers[0].RegisterAsync(request => request.ClusterId++));

        Assert.Equal(ErrorCode.WrongCluster, error.Code);
    }

    [Fact]
    public async Task An_empty_server_where_replicas_should_be_is_refused_without_new_volume()
    {
        await using var cluster = await TestCluster.StartAsync(1, options => options with { Replication = 1, MinReplicas = 1 });
        await cluster.WriteFileAsync("a", seal: true);
        var empty = new TestServer(cluster.Node, 1) { Nonce = 999, BootId = 9 };

        var error = await TestNode.RefusedAsync(() => empty.RegisterAsync());
        Assert.Equal(ErrorCode.Refused, error.Code);
        Assert.Contains("--new-volume", error.Message, StringComparison.Ordinal);

        await empty.RegisterAsync(request => request.NewVolume = true);
        Assert.NotEqual(cluster.Servers[0].Id, empty.Id);
    }

    [Fact]
    public async Task Metadata_older_than_what_a_server_was_told_refuses_it_and_says_so()
    {
        await using var cluster = await TestCluster.StartAsync(1);

        var error = await TestNode.RefusedAsync(() => cluster.Servers[0].RegisterAsync(request =>
        {
            request.SeenIncarnation = 1;
            request.SeenIndex = 1_000_000;
        }));

        Assert.Equal(ErrorCode.Refused, error.Code);
        Assert.Contains((await cluster.Node.StatusAsync()).Alarms, alarm => alarm.Contains("rolled back", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Right_after_a_start_a_chunk_waits_for_servers_that_are_about_to_register()
    {
        await using var cluster = await TestCluster.StartAsync(3);
        await cluster.Node.StopAsync();
        await cluster.Node.RestartAsync();
        await cluster.Servers[0].RegisterAsync();
        await cluster.Servers[1].RegisterAsync();

        var whole = cluster.AllocateAsync();
        await cluster.Servers[2].RegisterAsync();
        await cluster.Node.PassAsync(TimeSpan.FromSeconds(1));

        Assert.Equal(3, (await whole).Chain.Count);
    }

    [Fact]
    public async Task Right_after_a_start_a_chunk_does_not_wait_for_ever_for_a_server_that_is_gone()
    {
        await using var cluster = await TestCluster.StartAsync(3);
        await cluster.Node.StopAsync();
        await cluster.Node.RestartAsync();
        await cluster.Servers[0].RegisterAsync();
        await cluster.Servers[1].RegisterAsync();

        var partial = cluster.AllocateAsync();
        await cluster.Node.PassAsync(TimeSpan.FromSeconds(1));

        Assert.Equal(2, (await partial).Chain.Count);
    }

    [Fact]
    public async Task A_silent_server_is_suspect_and_then_dead_and_comes_back()
    {
        await using var cluster = await TestCluster.StartAsync(2);
        cluster.Silent.Add(cluster.Servers[1]);

        await cluster.LiveUntilAsync(async () => (await cluster.Node.StatusAsync()).Servers[1].State == ServerState.Suspect);
        await cluster.LiveUntilAsync(async () => (await cluster.Node.StatusAsync()).Servers[1].State == ServerState.Dead);
        Assert.Equal(ServerState.Healthy, (await cluster.Node.StatusAsync()).Servers[0].State);

        await cluster.Servers[1].BeatAsync();
        Assert.Equal(ServerState.Healthy, (await cluster.Node.StatusAsync()).Servers[1].State);
    }

    [Fact]
    public async Task After_a_restart_of_the_node_servers_are_asked_to_register_and_to_report()
    {
        await using var cluster = await TestCluster.StartAsync(1);
        await cluster.Node.CrashAsync();
        await cluster.Node.RestartAsync();

        Assert.True((await cluster.Servers[0].BeatAsync()).RegisterWanted);
        await cluster.Servers[0].RegisterAsync();
        Assert.True((await cluster.Servers[0].BeatAsync()).ReportWanted);
        await cluster.Servers[0].ReportAsync(1, 0, last: true);
        Assert.False((await cluster.Servers[0].BeatAsync()).ReportWanted);
    }
}
