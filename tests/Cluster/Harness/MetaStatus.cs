using System.Text.Json;

namespace DfsNet.Cluster.Harness;

/// <summary>What `dfs admin meta status --json` says.</summary>
internal sealed record MetaStatus(string Leader, ulong Term, IReadOnlyList<MetaStatusNode> Nodes)
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web);

    public static async Task<MetaStatus> OfAsync(TestCluster cluster)
    {
        var (code, output) = await cluster.RunAsync("admin", "meta", "status", "--json");
        Assert.True(code == 0, output);
        return JsonSerializer.Deserialize<MetaStatus>(output, Options)!;
    }

    /// <summary>The number, in the cluster's tables, of the server that leads; waits for one.</summary>
    public static async Task<int> LeaderOfAsync(TestCluster cluster)
    {
        int leader = 0;
        await Eventually.HoldsAsync("a metadata server leads", async () =>
        {
            string address = (await OfAsync(cluster)).Leader;
            leader = cluster.MetaAddresses.ToList().IndexOf(address) + 1;
            return leader > 0 && !cluster.Metas[leader].HasExited;
        });
        return leader;
    }

    /// <summary>Waits until so many take part, and lack nothing.</summary>
    public static Task WaitWholeAsync(TestCluster cluster, int voters) => Eventually.HoldsAsync(
        $"{voters} metadata servers are well",
        async () =>
        {
            var status = await OfAsync(cluster);
            return status.Nodes.Count == voters && status.Nodes.All(node => node is { State: "ok", Lag: 0, Role: "leader" or "follower" });
        });
}

/// <summary>One of them.</summary>
internal sealed record MetaStatusNode(ulong Node, string Address, string Role, string State, ulong? Match, ulong? Lag);
