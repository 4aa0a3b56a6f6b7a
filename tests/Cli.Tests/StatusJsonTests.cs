using System.Text.Json;
using DfsNet.Cli.Output;
using DfsNet.Protocol.Wire;

namespace DfsNet.Cli;

/// <summary>The fields of "admin status --json" are a promise to scripts.</summary>
public sealed class StatusJsonTests
{
    [Fact]
    public void Servers_are_counted_by_state()
    {
        var status = new GetStatusReply { ClusterId = 0xabc, UnderReplicated = 4, Alarms = { "volume missing" } };
        foreach (var state in new[] { ServerState.Healthy, ServerState.Healthy, ServerState.Suspect, ServerState.Dead })
        {
            status.Servers.Add(new ServerStatus { ServerId = (ulong)status.Servers.Count + 1, State = state, Address = "h:1" });
        }

        using var json = JsonDocument.Parse(JsonOutput.Of(StatusFacts.Of(status)));
        var root = json.RootElement;

        Assert.Equal(4, root.GetProperty("chunkServers").GetInt32());
        Assert.Equal(2, root.GetProperty("healthy").GetInt32());
        Assert.Equal(1, root.GetProperty("suspect").GetInt32());
        Assert.Equal(1, root.GetProperty("dead").GetInt32());
        Assert.Equal(4, root.GetProperty("underReplicated").GetInt32());
        Assert.Equal("0000000000000abc", root.GetProperty("cluster").GetString());
        Assert.Equal("volume missing", root.GetProperty("alarms")[0].GetString());
        Assert.Equal("suspect", root.GetProperty("servers")[2].GetProperty("state").GetString());
    }
}
