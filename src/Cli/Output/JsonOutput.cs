using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace DfsNet.Cli.Output;

/// <summary>Facts as JSON, with names in camelCase. Field names are a promise to scripts: they may be added to, never renamed.</summary>
internal static class JsonOutput
{
    private static readonly FactsJson Compact = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        // Names stay readable; the output is no part of a web page.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

    public static string Of<T>(T facts) => JsonSerializer.Serialize(facts, (JsonTypeInfo<T>)Compact.GetTypeInfo(typeof(T))!);
}

/// <summary>Serialisers generated at build time: quick to start, and fit for native compilation.</summary>
[JsonSerializable(typeof(FileFacts))]
[JsonSerializable(typeof(FileFacts[]))]
[JsonSerializable(typeof(LayoutFacts))]
[JsonSerializable(typeof(FileSystemFacts))]
[JsonSerializable(typeof(StatusFacts))]
[JsonSerializable(typeof(BackupFacts))]
[JsonSerializable(typeof(KeptBackupFacts))]
[JsonSerializable(typeof(ServerFacts[]))]
[JsonSerializable(typeof(NodeFacts))]
[JsonSerializable(typeof(RemovalFacts))]
[JsonSerializable(typeof(StopFacts))]
[JsonSerializable(typeof(RepairFacts))]
[JsonSerializable(typeof(BalanceFacts))]
[JsonSerializable(typeof(EventFacts))]
[JsonSerializable(typeof(CheckFacts))]
[JsonSerializable(typeof(ScrubFacts))]
[JsonSerializable(typeof(MetaFacts))]
[JsonSerializable(typeof(MetaChangeFacts))]
[JsonSerializable(typeof(Bench.FailoverFacts))]
[JsonSerializable(typeof(Bench.SnapshotFacts))]
[JsonSerializable(typeof(Bench.RepairBenchFacts))]
[JsonSerializable(typeof(Bench.StallFacts[]))]
[JsonSerializable(typeof(TransferFacts))]
[JsonSerializable(typeof(DemoFacts))]
[JsonSerializable(typeof(DrillFacts))]
[JsonSerializable(typeof(Bench.BenchFacts))]
internal sealed partial class FactsJson : JsonSerializerContext;
