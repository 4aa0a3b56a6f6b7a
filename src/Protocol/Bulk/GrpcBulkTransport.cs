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
        catch (RpcException error)
        {
            cancellation.ThrowIfCancellationRequested();
            throw ErrorStatus.FromRpcException(error, step);
        }
        catch (Exception error) when (error is IOException or HttpRequestException)
        {
            cancellation.ThrowIfCancellationRequested();
            throw new DfsException(ErrorCode.Unavailable, step, $"{step}: {error.Message}", error);
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
            catch (Exception error) when (IsOfTheWay(error))
            {
                cancellation.ThrowIfCancellationRequested();
                throw Translate(error);
            }
        }

        public async ValueTask CompleteAsync()
        {
            try
            {
                await call.RequestStream.CompleteAsync().ConfigureAwait(false);
            }
            catch (Exception error) when (IsOfTheWay(error))
            {
                throw Translate(error);
            }
        }

        // A connection that breaks while a message is on its way shows as a bare IOException; a stream that this side ended before, as an
        // InvalidOperationException; one that the far side ended in good order, as the status OK.
        private static bool IsOfTheWay(Exception error) =>
            error is RpcException or IOException or HttpRequestException or InvalidOperationException;

        private DfsException Translate(Exception error) => error switch
        {
            RpcException { StatusCode: not StatusCode.OK } status => ErrorStatus.FromRpcException(status, _step),
            RpcException or InvalidOperationException =>
                new DfsException(ErrorCode.Unavailable, _step, $"{_step}: the stream is already over", error),
            _ => new DfsException(ErrorCode.Unavailable, _step, $"{_step}: {error.Message}", error),
        };

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
