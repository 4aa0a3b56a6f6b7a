using System.Collections.Concurrent;
using System.Net.Sockets;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace DfsNet.Hosting.Listening;

/// <summary>Kestrel with HTTP/2 in clear text on one address, serving gRPC. Nothing is read from the environment or from files.</summary>
internal sealed class GrpcListener : IAsyncDisposable
{
    // Long-lived streams count against this; Kestrel's 100 would stop the 101st append of a busy client. Above the servers' own bounds on
    // appends and reads together, so that those answer OVERLOADED instead of a silent queue here.
    private const int StreamsPerConnection = 1_024;

    // A frame and its header with room for the next one: a sender never waits for a window update in the middle of a frame.
    private const int StreamWindowBytes = 2 * Limits.BulkMessageMax;

    // HTTP/2 counts the unread bytes of all streams of a connection: with less than streams × window, hung streams would stop the others.
    // It is a promise, not an allocation. 2^31 - 1 is the protocol's limit.
    private const int ConnectionWindowBytes = (int)((long)StreamsPerConnection * StreamWindowBytes > int.MaxValue
        ? int.MaxValue
        : StreamsPerConnection * (long)StreamWindowBytes);

    // One peer uses five; ten thousand clients may come at once (faults.md, R3). Beyond that, connections are closed.
    private const int ConnectionsMax = 60_000;

    // Nothing that a running call still needs takes longer once its node has stopped.
    private static readonly TimeSpan DrainTime = TimeSpan.FromSeconds(1);

    private readonly WebApplication _application;
    private readonly ConnectionGate _gate;
    private readonly TimeProvider _time;

    private GrpcListener(WebApplication application, ConnectionGate gate, TimeProvider time, ListenAddress address)
    {
        _application = application;
        _gate = gate;
        _time = time;
        Address = address;
    }

    /// <summary>Where it really listens: the port is never 0.</summary>
    public ListenAddress Address { get; }

    /// <param name="services">Registers the services that <paramref name="map"/> names.</param>
    public static async Task<GrpcListener> StartAsync(
        ListenAddress listen,
        Action<IServiceCollection> services,
        Action<IEndpointRouteBuilder> map,
        TimeProvider time,
        ILoggerFactory logs,
        CancellationToken cancellation)
    {
        var endpoint = await listen.ResolveAsync(cancellation).ConfigureAwait(false);
        var gate = new ConnectionGate();
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.Replace(ServiceDescriptor.Singleton(logs));
        builder.Services.AddGrpc(options =>
        {
            options.MaxReceiveMessageSize = Limits.ControlMessageMax;
            options.MaxSendMessageSize = Limits.ControlMessageMax;
            // Nobody of ours compresses; a bomb of gzip is refused before it is opened.
            options.CompressionProviders = [];
            options.EnableDetailedErrors = false;
        });
        services(builder.Services);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(options =>
        {
            SetLimits(options);
            options.Listen(endpoint, on =>
            {
                on.Protocols = HttpProtocols.Http2;
                on.Use(gate.Pass);
            });
        });
        var application = builder.Build();
        map(application);
        try
        {
            await application.StartAsync(cancellation).ConfigureAwait(false);
        }
        catch (Exception error) when (error is IOException or SocketException)
        {
            await application.DisposeAsync().ConfigureAwait(false);
            throw CannotListen(listen, error);
        }

        string bound = application.Urls.First();
        int port = int.Parse(bound[(bound.LastIndexOf(':') + 1)..], System.Globalization.CultureInfo.InvariantCulture);
        return new GrpcListener(application, gate, time, listen.WithPort(port));
    }

    /// <summary>Takes no new connections, gives running calls a moment, and closes.</summary>
    public async Task StopAsync()
    {
        using var drained = new CancellationTokenSource(DrainTime, _time);
        try
        {
            await _application.StopAsync(drained.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (drained.IsCancellationRequested)
        {
            _gate.Abort();
        }
    }

    /// <summary>Cuts every connection at once, as the end of the process would.</summary>
    public Task AbortAsync()
    {
        _gate.Abort();
        return StopAsync();
    }

    public ValueTask DisposeAsync() => _application.DisposeAsync();

    private static void SetLimits(KestrelServerOptions options)
    {
        options.AddServerHeader = false;
        options.Limits.MaxConcurrentConnections = ConnectionsMax;
        // A stream carries many requests' worth of bytes and may rest; its bounds are the gRPC message size and our own idle timeouts.
        options.Limits.MaxRequestBodySize = null;
        options.Limits.MinRequestBodyDataRate = null;
        options.Limits.MinResponseDataRate = null;
        options.Limits.Http2.MaxStreamsPerConnection = StreamsPerConnection;
        options.Limits.Http2.InitialStreamWindowSize = StreamWindowBytes;
        options.Limits.Http2.InitialConnectionWindowSize = ConnectionWindowBytes;
        // A peer that vanished without a word is noticed within half a minute, and its streams end.
        options.Limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(15);
        options.Limits.Http2.KeepAlivePingTimeout = TimeSpan.FromSeconds(15);
    }

    private static DfsException CannotListen(ListenAddress listen, Exception error)
    {
        string why = error.InnerException is AddressInUseException
            || error is SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse }
            ? "the address is in use by another process; stop it or choose another --listen"
            : $"{(error.InnerException ?? error).Message}; choose another --listen";
        return new DfsException(ErrorCode.Refused, "listen", $"cannot listen on {listen}: {why}", error);
    }

    /// <summary>Knows every open connection, to cut them all at once.</summary>
    private sealed class ConnectionGate
    {
        private readonly ConcurrentDictionary<ConnectionContext, bool> _open = new();
        private volatile bool _aborted;

        public ConnectionDelegate Pass(ConnectionDelegate next) => async connection =>
        {
            _open[connection] = true;
            if (_aborted)
            {
                connection.Abort();
            }

            try
            {
                await next(connection).ConfigureAwait(false);
            }
            finally
            {
                _open.TryRemove(connection, out _);
            }
        };

        public void Abort()
        {
            _aborted = true;
            foreach (var connection in _open.Keys)
            {
                connection.Abort();
            }
        }
    }
}
