using DfsNet.Protocol.Bulk;
using DfsNet.Protocol.Wire;
using Grpc.Core;

namespace DfsNet.ChunkServer.Services;

/// <summary>The bulk streams of a chunk server.</summary>
internal sealed class ChunkDataService : ChunkData.ChunkDataBase
{
    public override Task Append(IAsyncStreamReader<AppendMessage> requests, IServerStreamWriter<AppendAck> answers, ServerCallContext context) =>
        Task.CompletedTask;

    public override Task Read(ReadRequest request, IServerStreamWriter<ReadFrame> frames, ServerCallContext context) => Task.CompletedTask;
}
