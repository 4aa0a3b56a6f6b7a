using System.Threading.Channels;
using DfsNet.MetaServer.Connections;
using DfsNet.Protocol.Connections;
using DfsNet.Protocol.Wire;
using Grpc.Core;
using Microsoft.Extensions.Logging.Abstractions;

namespace DfsNet.MetaServer.Replication;

/// <summary>The link to another metadata server outlives its streams, however these end.</summary>
public sealed class PeerLinkTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static TheoryData<Exception> Ends =>
    [
        new HttpRequestException("The request was aborted."),
        new IOException("The connection was reset."),
        new InvalidOperationException("The call is over."),
        new RpcException(new Status(StatusCode.Unavailable, "nobody listens")),
        new RpcException(Status.DefaultSuccess),
        new TimeoutException("nothing was taken"),
    ];

    [Theory]
    [MemberData(nameof(Ends))]
    public async Task What_is_posted_after_a_stream_broke_goes_through_the_next(Exception end)
    {
        using var ending = new CancellationTokenSource();
        var streams = new Streams { End = end };
        var link = new PeerLink("other:1", streams, TimeProvider.System, NullLogger<PeerLink>.Instance, ending.Token);
        link.Post(new RaftEnvelope());
        await streams.Broken.Task.WaitAsync(Patience);

        link.Post(new RaftEnvelope());
        await streams.Arrived.Reader.ReadAsync(ending.Token).AsTask().WaitAsync(Patience);
        await ending.CancelAsync();
        await link.Ended.WaitAsync(Patience);
    }

    /// <summary>Of the streams it opens the first breaks at its first message, and the others deliver.</summary>
    private sealed class Streams : CallInvoker, IConnections
    {
        public required Exception End { get; init; }

        public TaskCompletionSource Broken { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Channel<object> Arrived { get; } = Channel.CreateUnbounded<object>();

        public CallInvoker Control(string address) => this;

        public CallInvoker Bulk(string address) => this;

        public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(
            Method<TRequest, TResponse> method, string? host, CallOptions options) => new(
                new Writer<TRequest>(this),
                new TaskCompletionSource<TResponse>().Task.WaitAsync(options.CancellationToken),
                Task.FromResult(new Grpc.Core.Metadata()),
                () => Status.DefaultCancelled,
                () => [],
                () => { });

        public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
            Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) => throw Unused();

        public override TResponse BlockingUnaryCall<TRequest, TResponse>(
            Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) => throw Unused();

        public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
            Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) => throw Unused();

        public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
            Method<TRequest, TResponse> method, string? host, CallOptions options) => throw Unused();

        private static NotSupportedException Unused() => new("a link only talks");

        private sealed class Writer<TRequest>(Streams streams) : IClientStreamWriter<TRequest>
            where TRequest : class
        {
            public WriteOptions? WriteOptions { get; set; }

            public Task WriteAsync(TRequest message) => WriteAsync(message, CancellationToken.None);

            public Task WriteAsync(TRequest message, CancellationToken cancellationToken)
            {
                if (streams.Broken.TrySetResult())
                {
                    return Task.FromException(streams.End);
                }

                streams.Arrived.Writer.TryWrite(message);
                return Task.CompletedTask;
            }

            public Task CompleteAsync() => Task.CompletedTask;
        }
    }
}
