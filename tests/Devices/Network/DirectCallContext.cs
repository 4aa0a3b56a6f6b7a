using Grpc.Core;

namespace DfsNet.Devices.Network;

/// <summary>What a handler sees of a call that never left the process.</summary>
internal sealed class DirectCallContext(string method, CancellationToken cancellation) : ServerCallContext
{
    private static readonly AuthContext NoProof = new(null, []);

    private Grpc.Core.Metadata? _requestHeaders;

    /// <summary>What the handler wants to send behind its answer; null: nothing.</summary>
    public Grpc.Core.Metadata? Trailers { get; private set; }

    protected override string MethodCore => method;

    protected override string HostCore => "direct";

    protected override string PeerCore => "direct";

    protected override DateTime DeadlineCore => DateTime.MaxValue;

    protected override Grpc.Core.Metadata RequestHeadersCore => _requestHeaders ??= [];

    protected override CancellationToken CancellationTokenCore => cancellation;

    protected override Grpc.Core.Metadata ResponseTrailersCore => Trailers ??= [];

    protected override Status StatusCore { get; set; }

    protected override WriteOptions? WriteOptionsCore { get; set; }

    protected override AuthContext AuthContextCore => NoProof;

    protected override ContextPropagationToken CreatePropagationTokenCore(ContextPropagationOptions? options) =>
        throw new NotSupportedException();

    protected override Task WriteResponseHeadersAsyncCore(Grpc.Core.Metadata responseHeaders) => Task.CompletedTask;
}
