using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Node;

public sealed class OptionsTests
{
    [Fact]
    public void Every_problem_is_named_at_once()
    {
        var options = new MetaServerOptions { Data = "x", MinReplicas = 5, ChunkSize = 100_000, SuspectAfter = TimeSpan.FromHours(1) };

        var error = Assert.Throws<DfsException>(options.Validate);

        Assert.Equal(ErrorCode.InvalidArgument, error.Code);
        string[] named = ["--min-replicas 5", "--chunk-size 100000", "--suspect-after", "--dead-after"];
        Assert.All(named, name => Assert.Contains(name, error.Message, StringComparison.Ordinal));
    }
}
