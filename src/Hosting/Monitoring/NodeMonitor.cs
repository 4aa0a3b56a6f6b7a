using System.Diagnostics.Metrics;
using DfsNet.Hosting.Listening;
using DfsNet.Protocol.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;

namespace DfsNet.Hosting.Monitoring;

/// <summary>What a server shows to those who watch it: metrics and health over HTTP, traces to a collector; nothing unless asked.</summary>
internal sealed class NodeMonitor : IAsyncDisposable
{
    // Runtime figures (memory, collections, threads) and request durations are .NET's own.
    private static readonly string[] OtherMeters = ["System.Runtime", "Microsoft.AspNetCore.Hosting"];

    private readonly WebApplication? _application;
    private readonly IDisposable? _traces;
    private readonly Meter? _meter;

    private NodeMonitor(WebApplication? application, IDisposable? traces, Meter? meter)
    {
        _application = application;
        _traces = traces;
        _meter = meter;
    }

    /// <param name="options">Where to.</param>
    /// <param name="role">Names the server in metrics and traces: "dfs meta-server".</param>
    /// <param name="describe">Makes the server's own instruments.</param>
    /// <param name="whyNotReady">Null when the server is ready to serve; else why not.</param>
    /// <param name="logs">Where logs go.</param>
    /// <param name="cancellation">Ends the start.</param>
    public static async Task<NodeMonitor> StartAsync(
        MonitorOptions options,
        string role,
        Action<Meter> describe,
        Func<string?> whyNotReady,
        ILoggerFactory logs,
        CancellationToken cancellation)
    {
        var traces = TraceExport.Start(role, options.Traces);
        if (options.Monitor.Length == 0)
        {
            return new NodeMonitor(null, traces, null);
        }

        var meter = new Meter("DfsNet");
        describe(meter);
        var endpoint = await ListenAddress.Parse(options.Monitor).ResolveAsync(cancellation).ConfigureAwait(false);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.Replace(ServiceDescriptor.Singleton(logs));
        builder.Services.AddRouting();
        builder.Services.AddOpenTelemetry().ConfigureResource(resource => resource.AddService(role)).WithMetrics(metrics => metrics
            .AddMeter(meter.Name)
            .AddMeter(OtherMeters)
            .AddPrometheusExporter());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(endpoint, on => on.Protocols = HttpProtocols.Http1);
        });
        var application = builder.Build();
        application.MapPrometheusScrapingEndpoint("/metrics");
        application.MapGet("/healthz", () => Results.Text("alive\n"));
        application.MapGet("/readyz", () => whyNotReady() is { } reason
            ? Results.Text(reason + "\n", statusCode: StatusCodes.Status503ServiceUnavailable)
            : Results.Text("ready\n"));
        try
        {
            await application.StartAsync(cancellation).ConfigureAwait(false);
        }
        catch (IOException error)
        {
            await application.DisposeAsync().ConfigureAwait(false);
            throw new DfsException(ErrorCode.Refused, "monitor", $"cannot listen on {options.Monitor}: {error.Message}", error);
        }

        return new NodeMonitor(application, traces, meter);
    }

    public async ValueTask DisposeAsync()
    {
        if (_application is not null)
        {
            await _application.StopAsync().ConfigureAwait(false);
            await _application.DisposeAsync().ConfigureAwait(false);
        }

        _meter?.Dispose();
        _traces?.Dispose();
    }
}
