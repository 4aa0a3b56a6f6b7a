using System.Diagnostics.Metrics;
using DfsNet.MetaServer;
using DfsNet.Protocol.Wire;

namespace DfsNet.Hosting.Monitoring;

/// <summary>
/// The instruments of a metadata server. What only the leader knows is told by the leader alone: sum over all servers, or look at the one
/// where dfs_meta_is_leader is 1.
/// </summary>
internal static class MetaServerMeters
{
    public static void Describe(Meter meter, Func<MetaFigures> figures)
    {
        Gauge("dfs_meta_is_leader", "1 on the metadata server that leads", now => now.IsLeader ? 1 : 0);
        Gauge("dfs_meta_term", "Term of the present leader; 0 on others", now => now.Term);
        Gauge("dfs_meta_applied_index", "Newest entry of the log that is applied", now => now.AppliedIndex);
        Leading("dfs_files", "Files with a name", now => (double)now.Files);
        Leading("dfs_directories", "Directories", now => (double)now.Directories);
        Leading("dfs_logical_bytes", "Sum of the lengths of all files", now => (double)now.LogicalBytes);
        Leading("dfs_sessions", "Sessions of clients", now => (double)now.Sessions);
        Leading("dfs_chunks", "Chunks", now => (double)now.Chunks);
        Counted("dfs_chunks_under_replicated", "Chunks with fewer good replicas than wanted, last round", now => now.UnderReplicated);
        Counted("dfs_chunks_endangered", "Chunks that one more failure would lose, at the last round", now => now.Endangered);
        Counted("dfs_chunks_unavailable", "Chunks without a replica that can be read, at the last round", now => now.Unavailable);
        Counted("dfs_repair_missing_bytes", "Bytes of copies that are missing, at the last round", now => now.MissingBytes);
        Leading("dfs_repair_queue", "Chunks that wait for repair", now => now.RepairQueued);
        Leading("dfs_repair_running", "Copies under way", now => now.RepairRunning);
        Leading("dfs_alarms", "Alarms that stand", now => now.Alarms);
        meter.CreateObservableCounter("dfs_repair_copies", () => figures().RepairCopies, null, "Copies made since the leader began");
        meter.CreateObservableCounter("dfs_repair_bytes", () => figures().RepairBytes, null, "Bytes copied since the leader began");
        meter.CreateObservableCounter("dfs_balance_moves", () => figures().BalanceMoves, null, "Chunks moved since the leader began");
        meter.CreateObservableGauge("dfs_servers", () => ServersOf(figures()), null, "Chunk servers by state");

        void Gauge(string name, string description, Func<MetaFigures, double> value) =>
            meter.CreateObservableGauge(name, () => value(figures()), null, description);

        void Leading(string name, string description, Func<MetaFigures, double> value) =>
            Known(name, description, now => now.IsLeader, value);

        // A leader that has not looked at all chunks yet does not say that nothing is missing.
        void Counted(string name, string description, Func<MetaFigures, double> value) =>
            Known(name, description, now => now.IsCounted, value);

        void Known(string name, string description, Func<MetaFigures, bool> isKnown, Func<MetaFigures, double> value) =>
            meter.CreateObservableGauge(
                name,
                () => figures() is { } now && isKnown(now) ? [new Measurement<double>(value(now))] : Array.Empty<Measurement<double>>(),
                null,
                description);
    }

    private static IEnumerable<Measurement<int>> ServersOf(MetaFigures now) => !now.IsLeader ? [] :
    [
        Of("healthy", server => server is { State: ServerState.Healthy, Slow: false, Draining: false }, now),
        Of("slow", server => server is { State: ServerState.Healthy, Slow: true, Draining: false }, now),
        Of("draining", server => server is { State: not ServerState.Dead, Draining: true }, now),
        Of("suspect", server => server is { State: ServerState.Suspect, Draining: false }, now),
        Of("dead", server => server.State == ServerState.Dead, now),
    ];

    private static Measurement<int> Of(string state, Func<ServerStatus, bool> isIt, MetaFigures now) =>
        new(now.Servers.Count(isIt), new KeyValuePair<string, object?>("state", state));
}
