using DfsNet.Client;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.Logging.Abstractions;

namespace DfsNet.Hosting;

/// <summary>Messages that no client of ours sends: each is refused, and the server goes on as if nothing had come.</summary>
public sealed class OddMessagesTests : IAsyncLifetime
{
    private static readonly Marshaller<byte[]> Raw = Marshallers.Create(bytes => bytes, bytes => bytes);

    private readonly string _folder = Directory.CreateTempSubdirectory("dfs-odd-test-").FullName;
    private EmbeddedCluster _cluster = null!;

    public async ValueTask InitializeAsync() => _cluster = await EmbeddedCluster.StartAsync(
        new EmbeddedClusterOptions { Data = _folder, ChunkServers = 1, Replication = 1 },
        NullLoggerFactory.Instance,
        TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _cluster.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task An_oversize_request_is_refused()
    {
        using var channel = GrpcChannel.ForAddress($"http://{_cluster.MetaServer.Address}");
        var request = new LookupRequest { Target = new PathRef { Path = ByteString.CopyFrom(new byte[Limits.ControlMessageMax + 1]) } };

        var error = await Assert.ThrowsAsync<RpcException>(
            async () => await new Protocol.Wire.Metadata.MetadataClient(channel).LookupAsync(request));

        Assert.Equal(StatusCode.ResourceExhausted, error.StatusCode);
        await AssertServesAsync();
    }

    [Theory]
    [InlineData(0, 0xff, 100)]
    [InlineData(0, 0x7f, 10)]
    [InlineData(1, 0x00, Limits.FramePayloadMax + 2)]
    [InlineData(1, 0x00, Limits.BulkMessageMax + 1)]
    public async Task A_malformed_or_oversize_bulk_message_ends_its_stream(int zeros, byte filler, int length)
    {
        // The header's length comes first, as a varint: endless, beyond the message, and none with a payload larger than a frame.
        byte[] message = new byte[length];
        message.AsSpan(zeros).Fill(filler);
        using var channel = GrpcChannel.ForAddress($"http://{_cluster.ChunkServers.Single().Address}");
        var method = new Method<byte[], byte[]>(MethodType.DuplexStreaming, "dfsnet.v1.ChunkData", "Append", Raw, Raw);

        using (var call = channel.CreateCallInvoker().AsyncDuplexStreamingCall(method, null, default))
        {
            await call.RequestStream.WriteAsync(message);
            Assert.True(await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
            var answer = AppendAck.Parser.ParseFrom(call.ResponseStream.Current);
            Assert.Equal(ErrorCode.InvalidArgument, answer.Error?.Code);
            Assert.False(await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        }

        await AssertServesAsync();
    }

    private async Task AssertServesAsync()
    {
        await using var client = await DfsClient.ConnectAsync(
            new DfsClientOptions { MetadataAddresses = [_cluster.MetaServer.Address] });
        byte[] content = [1, 2, 3];
        await client.PutAsync("/f", content, new DfsPutOptions { Overwrite = true });
        using var found = new MemoryStream();
        await client.GetAsync("/f", found);
        Assert.Equal(content, found.ToArray());
    }
}
