using System.ComponentModel;

namespace DfsNet.Hosting.Monitoring;

/// <summary>Where a server tells how it is.</summary>
public sealed record MonitorOptions
{
    [Description("host:port for metrics in Prometheus' text format (/metrics) and health (/healthz, /readyz) over HTTP; empty: none")]
    public string Monitor { get; init; } = "";

    [Description("Collector of traces, as http://host:4317 (OTLP over gRPC); empty: no traces are sent")]
    public string Traces { get; init; } = "";
}
