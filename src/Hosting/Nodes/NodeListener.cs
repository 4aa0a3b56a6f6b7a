using DfsNet.Hosting.Listening;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace DfsNet.Hosting.Nodes;

/// <summary>Starts the listener of a node that is not running yet; the node does not outlive a failure to listen.</summary>
internal static class NodeListener
{
    public static async Task<GrpcListener> StartAsync(
        IAsyncDisposable node,
        ListenAddress listen,
        Action<IServiceCollection> services,
        Action<IEndpointRouteBuilder> map,
        TimeProvider time,
        ILoggerFactory logs,
        CancellationToken cancellation)
    {
        bool listening = false;
        try
        {
            var listener = await GrpcListener.StartAsync(listen, services, map, time, logs, cancellation).ConfigureAwait(false);
            listening = true;
            return listener;
        }
        finally
        {
            if (!listening)
            {
                await node.DisposeAsync().ConfigureAwait(false);
            }
        }
    }
}
