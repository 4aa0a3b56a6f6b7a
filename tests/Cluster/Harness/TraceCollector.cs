using System.Collections.Concurrent;
using System.Globalization;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace DfsNet.Cluster.Harness;

/// <summary>
/// Takes traces as a collector does (OTLP over gRPC), and keeps the names of spans by trace. It reads the two fields of a span that it
/// needs: resource spans (1), scope spans (2), span (2), trace id (1) and name (5) of opentelemetry/proto/trace/v1/trace.proto.
/// </summary>
internal sealed class TraceCollector : IAsyncDisposable
{
    private const int PrefixBytes = 5;

    private readonly ConcurrentDictionary<string, ConcurrentBag<string>> _spans = new(StringComparer.Ordinal);
    private readonly WebApplication _application;

    private TraceCollector(WebApplication application, string address)
    {
        _application = application;
        Address = address;
    }

    public string Address { get; }

    /// <summary>Names of spans, of each trace.</summary>
    public IEnumerable<IReadOnlyCollection<string>> Traces => _spans.Values;

    public static async Task<TraceCollector> StartAsync()
    {
        int port = Ports.Take();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenLocalhost(port, on => on.Protocols = HttpProtocols.Http2));
        var application = builder.Build();
        var collector = new TraceCollector(application, string.Create(CultureInfo.InvariantCulture, $"http://localhost:{port}"));
        application.MapPost("/opentelemetry.proto.collector.trace.v1.TraceService/Export", collector.TakeAsync);
        await application.StartAsync();
        return collector;
    }

    public async ValueTask DisposeAsync()
    {
        await _application.StopAsync();
        await _application.DisposeAsync();
    }

    private async Task TakeAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        foreach (var resource in Fields(ByteString.CopyFrom(body.ToArray()[PrefixBytes..]), 1))
        {
            foreach (var span in Fields(resource, 2).SelectMany(scope => Fields(scope, 2)))
            {
                string trace = Convert.ToHexString(Fields(span, 1).Single().Span);
                _spans.GetOrAdd(trace, _ => []).Add(Fields(span, 5).Single().ToStringUtf8());
            }
        }

        // An empty message, and gRPC's word that all is well.
        context.Response.ContentType = "application/grpc";
        context.Response.DeclareTrailer("grpc-status");
        await context.Response.BodyWriter.WriteAsync(new byte[PrefixBytes]);
        context.Response.AppendTrailer("grpc-status", "0");
    }

    private static IEnumerable<ByteString> Fields(ByteString message, int number)
    {
        var input = message.CreateCodedInput();
        while (input.ReadTag() is var tag && tag != 0)
        {
            if (tag == WireFormat.MakeTag(number, WireFormat.WireType.LengthDelimited))
            {
                yield return input.ReadBytes();
            }
            else
            {
                input.SkipLastField();
            }
        }
    }
}
