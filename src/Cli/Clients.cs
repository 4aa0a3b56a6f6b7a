using System.CommandLine;
using DfsNet.Client;
using DfsNet.Hosting.Monitoring;
using DfsNet.Protocol.Bulk;
using DfsNet.Protocol.Connections;
using DfsNet.Protocol.Wire;
using Microsoft.Extensions.Logging;

namespace DfsNet.Cli;

/// <summary>Connects a command to the file system that its options name.</summary>
internal sealed class Clients(MetaAddressOption meta, LogLevelOption logLevel, Surroundings surroundings)
{
    public async Task<ConnectedClient> ConnectAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var addresses = meta.Of(parsed);
        var logs = logLevel.Open(parsed, LogLevel.Error);
        var connections = new GrpcConnections();
        var traces = TraceExport.Start("dfs", surroundings.Variable("DFS_TRACES"));
        bool connected = false;
        try
        {
            var client = await DfsClient.ConnectAsync(
                new DfsClientOptions { MetadataAddresses = addresses, ClientName = $"dfs {parsed.CommandResult.Command.Name}" },
                connections,
                new GrpcBulkTransport(connections),
                surroundings.Time,
                surroundings.Random,
                logs,
                cancellation).ConfigureAwait(false);
            connected = true;
            return new ConnectedClient(client, connections, traces, logs);
        }
        catch (DfsException error) when (error.Code is ErrorCode.Unavailable or ErrorCode.TimedOut)
        {
            throw new CommandFailure($"no metadata server answers at {string.Join(", ", addresses)}; "
                + "start one with 'dfs up', or say with --meta host:port or DFS_META where it is");
        }
        finally
        {
            if (!connected)
            {
                connections.Dispose();
                traces?.Dispose();
                logs.Dispose();
            }
        }
    }
}

/// <summary>A client and what was opened for it.</summary>
internal sealed class ConnectedClient(DfsClient client, GrpcConnections connections, IDisposable? traces, ILoggerFactory logs)
    : IAsyncDisposable
{
    public DfsClient Files { get; } = client;

    public async ValueTask DisposeAsync()
    {
        await Files.DisposeAsync().ConfigureAwait(false);
        connections.Dispose();
        traces?.Dispose();
        logs.Dispose();
    }
}
