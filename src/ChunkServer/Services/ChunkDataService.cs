using DfsNet.ChunkServer.Reading;
using DfsNet.ChunkServer.Replication;
using DfsNet.Protocol.Bulk;
using DfsNet.Protocol.Wire;
using Grpc.Core;

namespace DfsNet.ChunkServer.Services;

/// <summary>The bulk streams of a chunk server.</summary>
internal sealed class ChunkDataService(
    AppendAcceptor appends, RangeReader reader, CallSlots reads, CallSlots backgroundReads, RpcEdge edge, TimeProvider time,
    StopTokens stopping)
    : ChunkData.ChunkDataBase
{
    // A reader that takes nothing for this long holds two frames and a slot for nothing.
    private static readonly TimeSpan ReaderStallMax = TimeSpan.FromSeconds(60);

    public override async Task Append(
        IAsyncStreamReader<AppendMessage> requests, IServerStreamWriter<AppendAck> answers, ServerCallContext context)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, stopping.Appends);
        await edge.RunAsync(
            "append",
            async () =>
            {
                await appends.ServeAsync(new GrpcAppendPeer(requests, answers), ended.Token).ConfigureAwait(false);
                return true;
            },
            ended.Token).ConfigureAwait(false);
    }

    public override async Task Read(ReadRequest request, IServerStreamWriter<ReadFrame> frames, ServerCallContext context)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, stopping.Reads);
        await edge.RunAsync(
            "read",
            async () =>
            {
                using var slot = (request.Background ? backgroundReads : reads).Take();
                await SendAsync(request, frames, ended).ConfigureAwait(false);
                return true;
            },
            ended.Token).ConfigureAwait(false);
    }

    private async Task SendAsync(ReadRequest request, IServerStreamWriter<ReadFrame> frames, CancellationTokenSource ended)
    {
        using var stall = time.CreateTimer(
            static state => ((CancellationTokenSource)state!).Cancel(), ended, ReaderStallMax, Timeout.InfiniteTimeSpan);
        await foreach (var frame in reader.ReadAsync(request, ended.Token).ConfigureAwait(false))
        {
            using (frame)
            {
                await frames.WriteAsync(frame, ended.Token).ConfigureAwait(false);
            }

            stall.Change(ReaderStallMax, Timeout.InfiniteTimeSpan);
        }
    }
}
