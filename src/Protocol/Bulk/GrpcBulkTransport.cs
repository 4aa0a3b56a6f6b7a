using System.Runtime.CompilerServices;
using DfsNet.Protocol.Connections;
using DfsNet.Protocol.Errors;
using DfsNet.Protocol.Wire;
using Grpc.Core;

namespace DfsNet.Protocol.Bulk;

/// <summary>Bulk bytes over gRPC streams.</summary>
public sealed class GrpcBulkTransport(IConnections connections) : IBulkTransport
{
    public IAppendCall OpenAppend(string address, CancellationToken cancellation) =>
        new GrpcAppendCall(
            address, new ChunkData.ChunkDataClient(connections.Bulk(address)).Append(new CallOptions(cancellationToken: cancellation)));

    public async IAsyncEnumerable<ReadFrame> ReadAsync(
        string address, ReadRequest request, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using var call = new ChunkData.ChunkDataClient(connections.Bulk(address))
            .Read(request, new CallOptions(cancellationToken: cancellation));
        while (await MoveNextAsync(call.ResponseStream, $"read from {address}", cancellation).ConfigureAwait(false))
        {
            yield return call.ResponseStream.Current;
        }
    }

    private static async ValueTask<bool> MoveNextAsync<T>(IAsyncStreamReader<T> reader, string step, CancellationToken cancellation)
    {
        try
        {
            return await reader.MoveNext(cancellation).ConfigureAwait(false);
        }
        catch (Exception error) when (BrokenStream.IsToldBy(error))
        {
            cancellation.ThrowIfCancellationRequested();
            throw BrokenStream.ToError(error, step);
        }
    }

    /// <summary>The client end of one append stream.</summary>
    private sealed class GrpcAppendCall(string address, AsyncDuplexStreamingCall<AppendMessage, AppendAck> call) : IAppendCall
    {
        private readonly string _step = $"append to {address}";

        public async ValueTask SendAsync(AppendMessage message, CancellationToken cancellation)
        {
            try
            {
                await call.RequestStream.WriteAsync(message, cancellation).ConfigureAwait(false);
            }
            catch (Exception error) when (BrokenStream.IsToldBy(error))
            {
                cancellation.ThrowIfCancellationRequested();
                throw BrokenStream.ToError(error, _step);
            }
        }

        public async ValueTask CompleteAsync()
        {
            try
            {
                await call.RequestStream.CompleteAsync().ConfigureAwait(false);
            }
            catch (Exception error) when (BrokenStream.IsToldBy(error))
            {
                throw BrokenStream.ToError(error, _step);
            }
        }

        public async ValueTask<AppendAck?> ReceiveAsync(CancellationToken cancellation) =>
            await MoveNextAsync(call.ResponseStream, _step, cancellation).ConfigureAwait(false)
                ? call.ResponseStream.Current
                : null;

        public ValueTask DisposeAsync()
        {
            call.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
