using DfsNet.Protocol.Wire;
using OpenTelemetry;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace DfsNet.Hosting.Monitoring;

/// <summary>Sends the traces of this process to a collector (OTLP over gRPC) until it is disposed; what is left is sent then.</summary>
public static class TraceExport
{
    private static readonly string[] Sources = ["DfsNet.Client", "DfsNet.ChunkServer", "Microsoft.AspNetCore", "System.Net.Http"];

    /// <param name="role">Names the process in traces: "dfs meta-server".</param>
    /// <param name="collector">http://host:4317; empty: nothing is sent.</param>
    /// <returns>Null when nothing is sent.</returns>
    /// <exception cref="DfsException">The address makes no sense.</exception>
    public static IDisposable? Start(string role, string? collector) => string.IsNullOrEmpty(collector)
        ? null
        : Sdk.CreateTracerProviderBuilder()
            .ConfigureResource(resource => resource.AddService(role))
            .AddSource(Sources)
            .AddOtlpExporter(exporter => exporter.Endpoint = AddressOf(collector))
            .Build();

    private static Uri AddressOf(string address) =>
        Uri.TryCreate(address, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"
            ? uri
            : throw new DfsException(ErrorCode.InvalidArgument, "traces", $"\"{address}\" is not http://host:port");
}
