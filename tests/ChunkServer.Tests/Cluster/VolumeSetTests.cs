using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.ChunkServer.Cluster;

public sealed class VolumeSetTests
{
    [Fact]
    public void Only_a_server_whose_volumes_are_all_open_says_that_it_has_no_such_chunk()
    {
        var volumes = new VolumeSet();
        Assert.Equal(ErrorCode.Unavailable, Missing(volumes));

        volumes.Set([], isComplete: true);
        Assert.Equal(ErrorCode.ChunkNotFound, Missing(volumes));

        volumes.Set([], isComplete: false);
        Assert.Equal(ErrorCode.Unavailable, Missing(volumes));

        volumes.Set([], isComplete: true);
        volumes.Close();
        Assert.Equal(ErrorCode.Unavailable, Missing(volumes));
    }

    private static ErrorCode Missing(VolumeSet volumes) =>
        Assert.Throws<DfsException>(() => volumes.Require(new ChunkId(1), "read")).Code;
}
