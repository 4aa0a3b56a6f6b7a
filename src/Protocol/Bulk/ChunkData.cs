using DfsNet.Protocol.Wire;
using Grpc.Core;

namespace DfsNet.Protocol.Bulk;

/// <summary>
/// The bulk service of a chunk server, in the shape of generated code, so that ASP.NET, the simulator and a client treat it like any other
/// service; only its marshallers are our own (<see cref="BulkMarshaller"/>).
/// </summary>
public static class ChunkData
{
    private const string ServiceName = "dfsnet.v1.ChunkData";

    private static readonly Method<AppendMessage, AppendAck> AppendMethod = new(
        MethodType.DuplexStreaming, ServiceName, "Append", BulkMarshaller.Append, BulkMarshaller.Plain(AppendAck.Parser));

    private static readonly Method<ReadRequest, ReadFrame> ReadMethod = new(
        MethodType.ServerStreaming, ServiceName, "Read", BulkMarshaller.Plain(ReadRequest.Parser), BulkMarshaller.Frame);

    /// <summary>Reports the methods and, where there is one, the implementation to <paramref name="binder"/>.</summary>
    public static void BindService(ServiceBinderBase binder, ChunkDataBase? service)
    {
        binder.AddMethod(AppendMethod, service is null ? null! : new DuplexStreamingServerMethod<AppendMessage, AppendAck>(service.Append));
        binder.AddMethod(ReadMethod, service is null ? null! : new ServerStreamingServerMethod<ReadRequest, ReadFrame>(service.Read));
    }

    /// <summary>What a chunk server implements.</summary>
    [BindServiceMethod(typeof(ChunkData), nameof(BindService))]
    public abstract class ChunkDataBase
    {
        public abstract Task Append(
            IAsyncStreamReader<AppendMessage> requests, IServerStreamWriter<AppendAck> answers, ServerCallContext context);

        public abstract Task Read(ReadRequest request, IServerStreamWriter<ReadFrame> frames, ServerCallContext context);
    }

    /// <summary>What callers use.</summary>
    public sealed class ChunkDataClient(CallInvoker invoker)
    {
        public AsyncDuplexStreamingCall<AppendMessage, AppendAck> Append(CallOptions options) =>
            invoker.AsyncDuplexStreamingCall(AppendMethod, null, options);

        public AsyncServerStreamingCall<ReadFrame> Read(ReadRequest request, CallOptions options) =>
            invoker.AsyncServerStreamingCall(ReadMethod, null, options, request);
    }
}
