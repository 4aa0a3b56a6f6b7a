using DfsNet.ChunkServer.Tests.Node;
using DfsNet.Devices.Time;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.ChunkServer.Tests.Reading;

/// <summary>What a copy reads from its source, beside users and alone.</summary>
public sealed class BackgroundReadTests
{
    private const int Length = 3_000_000;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Behind_users_it_goes_in_small_pieces_unless_it_is_urgent_and_alone_in_large_ones(bool urgent)
    {
        var time = new ManualTimeProvider();
        await using var cluster = await TestCluster.StartAsync(1, time);
        await using var writer = cluster.OpenAppend(1);
        for (int sent = 0; sent < Length; sent += 1_000_000)
        {
            await writer.SendAsync(new byte[1_000_000]);
        }

        Assert.Null((await writer.ReceiveLastAsync()).Error);

        // Somebody wrote at this very moment; then long ago.
        Assert.Equal(urgent ? Limits.ReadFramePayloadMax : 2 * Limits.BlockSize, await LargestPieceAsync(cluster, urgent));
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(Limits.ReadFramePayloadMax, await LargestPieceAsync(cluster, urgent));
    }

    private static async Task<int> LargestPieceAsync(TestCluster cluster, bool urgent)
    {
        var request = new ReadRequest { ChunkId = 1, Length = Length, KnownLength = Length, Background = true, Urgent = urgent };
        int largest = 0;
        int read = 0;
        await foreach (var frame in cluster.Links.ReadAsync(cluster.Servers[0].Address, request, CancellationToken.None))
        {
            using (frame)
            {
                largest = Math.Max(largest, frame.Payload.Length);
                read += frame.Payload.Length;
            }
        }

        Assert.Equal(Length, read);
        return largest;
    }
}
