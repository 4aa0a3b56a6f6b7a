using System.Collections.Concurrent;
using Grpc.Core;
using Grpc.Net.Client;

namespace DfsNet.Protocol.Connections;

/// <summary>Channels to other processes, kept open: one for small calls and a few for bulk per address.</summary>
public sealed class GrpcConnections : IConnections, IDisposable
{
    // One HTTP/2 connection has one write lock and one reader loop; four let parallel streams use both cores without many sockets.
    private const int BulkChannelsPerAddress = 4;

    // Unread bytes lie in 16 KiB arrays of the shared pool, which keeps 32 of them per core: what a larger window holds beyond that becomes
    // garbage. The handler lets the window grow where round trips are long, unless the program turns that off as dfs does.
    private const int StreamWindow = 256 * 1024;

    // A silent peer is noticed by pings long before TCP gives up.
    private static readonly TimeSpan PingDelay = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan PingTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<string, Lazy<Peer>> _peers = new(StringComparer.Ordinal);

    public CallInvoker Control(string address) => PeerOf(address).Control;

    public CallInvoker Bulk(string address) => PeerOf(address).NextBulk();

    public void Dispose()
    {
        foreach (var peer in _peers.Values)
        {
            peer.Value.Dispose();
        }
    }

    private Peer PeerOf(string address) =>
        _peers.GetOrAdd(address, static key => new Lazy<Peer>(() => new Peer(key))).Value;

    private static GrpcChannel Open(string address, int messageMax) => GrpcChannel.ForAddress($"http://{address}", new GrpcChannelOptions
    {
        HttpHandler = new SocketsHttpHandler
        {
            EnableMultipleHttp2Connections = false,
            ConnectTimeout = ConnectTimeout,
            KeepAlivePingDelay = PingDelay,
            KeepAlivePingTimeout = PingTimeout,
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
            PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
            InitialHttp2StreamWindowSize = StreamWindow,
            UseProxy = false,
            AutomaticDecompression = System.Net.DecompressionMethods.None,
        },
        DisposeHttpClient = true,
        MaxReceiveMessageSize = messageMax,
        MaxSendMessageSize = messageMax,
        // Retries are decided above, by code that knows what may be repeated.
        MaxRetryAttempts = null,
        InitialReconnectBackoff = TimeSpan.FromMilliseconds(50),
        MaxReconnectBackoff = TimeSpan.FromSeconds(1),
    });

    /// <summary>The channels to one address.</summary>
    private sealed class Peer : IDisposable
    {
        private readonly GrpcChannel _control;
        private readonly GrpcChannel[] _bulk;
        private readonly CallInvoker[] _bulkInvokers;
        private uint _next;

        public Peer(string address)
        {
            _control = Open(address, Limits.ControlMessageMax);
            Control = _control.CreateCallInvoker();
            _bulk = [.. Enumerable.Range(0, BulkChannelsPerAddress).Select(_ => Open(address, Limits.BulkMessageMax))];
            _bulkInvokers = [.. _bulk.Select(channel => channel.CreateCallInvoker())];
        }

        public CallInvoker Control { get; }

        public CallInvoker NextBulk() => _bulkInvokers[Interlocked.Increment(ref _next) % BulkChannelsPerAddress];

        public void Dispose()
        {
            _control.Dispose();
            foreach (var channel in _bulk)
            {
                channel.Dispose();
            }
        }
    }
}
