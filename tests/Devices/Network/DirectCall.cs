using System.Threading.Channels;
using Grpc.Core;

namespace DfsNet.Devices.Network;

/// <summary>One running call: its two directions, its end, and who may break it.</summary>
internal sealed class DirectCall<TRequest, TResponse> : IDisposable
{
    // Stands for a stream's flow-control window.
    private const int MessagesInFlightMax = 8;

    private readonly Method<TRequest, TResponse> _method;
    private readonly string _address;
    private readonly CancellationToken _serverDead;
    private readonly CancellationTokenSource _cancelled;
    private readonly CancellationTokenSource _broken;
    private readonly Channel<byte[]> _requests = Channel.CreateBounded<byte[]>(MessagesInFlightMax);
    private readonly Channel<byte[]> _responses = Channel.CreateBounded<byte[]>(MessagesInFlightMax);

    public DirectCall(
        Method<TRequest, TResponse> method, string address, CancellationToken serverDead, CallOptions options, TimeProvider time)
    {
        _method = method;
        _address = address;
        _serverDead = serverDead;
        _cancelled = CancellationTokenSource.CreateLinkedTokenSource(options.CancellationToken);
        var left = options.Deadline is { } deadline ? deadline.ToUniversalTime() - time.GetUtcNow().UtcDateTime : Timeout.InfiniteTimeSpan;
        Deadline = options.Deadline is null
            ? CancellationToken.None
            : new CancellationTokenSource(left > TimeSpan.Zero ? left : TimeSpan.Zero, time).Token;
        _broken = CancellationTokenSource.CreateLinkedTokenSource(_cancelled.Token, serverDead, Deadline);
    }

    public Status Status { get; private set; } = Status.DefaultSuccess;

    public Grpc.Core.Metadata Trailers { get; private set; } = [];

    private CancellationToken Deadline { get; }

    /// <summary>Runs the handler; whatever it throws becomes the status that the caller sees.</summary>
    public async Task RunAsync(Func<IAsyncStreamReader<TRequest>, IServerStreamWriter<TResponse>, ServerCallContext, Task> handle)
    {
        var context = new DirectCallContext(_method.FullName, _broken.Token);
        try
        {
            await Task.Yield();
            await handle(new Reader<TRequest>(this, _requests, _method.RequestMarshaller), new Writer(this), context);
            Status = context.Status;
        }
        catch (RpcException error)
        {
            Status = error.Status;
            Trailers = error.Trailers;
        }
        catch (OperationCanceledException)
        {
            Status = new Status(StatusCode.Cancelled, "the handler was cancelled");
        }
        catch (Exception error)
        {
            Status = new Status(StatusCode.Unknown, $"the handler threw {error.GetType().Name}: {error.Message}");
        }

        _responses.Writer.TryComplete();
        _requests.Writer.TryComplete();
    }

    public async Task SendAsync(TRequest request, CancellationToken cancellation)
    {
        byte[] bytes = MessageBytes.Of(_method.RequestMarshaller, request);
        try
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _broken.Token);
            await _requests.Writer.WriteAsync(bytes, either.Token);
        }
        catch (ChannelClosedException)
        {
            throw new InvalidOperationException("Can't write the message because the call is complete.");
        }
        catch (OperationCanceledException)
        {
            cancellation.ThrowIfCancellationRequested();
            throw Broken();
        }
    }

    public Task CompleteAsync()
    {
        _requests.Writer.TryComplete();
        return Task.CompletedTask;
    }

    public IAsyncStreamReader<TResponse> Responses() =>
        new Reader<TResponse>(this, _responses, _method.ResponseMarshaller) { IsCaller = true };

    public async Task<TResponse> SingleAsync()
    {
        var reader = Responses();
        return await reader.MoveNext(CancellationToken.None)
            ? reader.Current
            : throw new RpcException(new Status(StatusCode.Internal, "the handler ended without a response"));
    }

    public void Dispose() => _cancelled.Cancel();

    private RpcException Broken() => new(
        _serverDead.IsCancellationRequested ? new Status(StatusCode.Unavailable, $"{_address} is gone")
        : Deadline.IsCancellationRequested ? new Status(StatusCode.DeadlineExceeded, "deadline exceeded")
        : new Status(StatusCode.Cancelled, "call cancelled"));

    private sealed class Writer(DirectCall<TRequest, TResponse> call) : IServerStreamWriter<TResponse>
    {
        public WriteOptions? WriteOptions { get; set; }

        public Task WriteAsync(TResponse message) => WriteAsync(message, CancellationToken.None);

        public async Task WriteAsync(TResponse message, CancellationToken cancellationToken)
        {
            byte[] bytes = MessageBytes.Of(call._method.ResponseMarshaller, message);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, call._broken.Token);
            await call._responses.Writer.WriteAsync(bytes, either.Token);
        }
    }

    private sealed class Reader<T>(DirectCall<TRequest, TResponse> call, Channel<byte[]> channel, Marshaller<T> marshaller)
        : IAsyncStreamReader<T>
    {
        public bool IsCaller { get; init; }

        public T Current { get; private set; } = default!;

        public async Task<bool> MoveNext(CancellationToken cancellationToken)
        {
            try
            {
                using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, call._broken.Token);
                while (await channel.Reader.WaitToReadAsync(either.Token))
                {
                    if (channel.Reader.TryRead(out byte[]? bytes))
                    {
                        Current = MessageBytes.To(marshaller, bytes);
                        return true;
                    }
                }
            }
            catch (OperationCanceledException)
            {
                cancellationToken.ThrowIfCancellationRequested();
                throw IsCaller ? call.Broken() : new IOException("The client reset the request stream.");
            }

            return IsCaller && call.Status.StatusCode != StatusCode.OK ? throw new RpcException(call.Status, call.Trailers) : false;
        }
    }
}
