using DfsNet.Backups;
using DfsNet.Protocol;
using DfsNet.Protocol.Bulk;
using DfsNet.Protocol.Connections;

namespace DfsNet.Cli.Connections;

/// <summary>The backups of the metadata that chunk servers hold, asked of them alone.</summary>
internal sealed class ChunkServerBackups : IDisposable
{
    private readonly GrpcConnections _connections;

    private ChunkServerBackups(GrpcConnections connections, BackupFindings findings)
    {
        _connections = connections;
        Findings = findings;
    }

    public BackupFindings Findings { get; }

    /// <exception cref="CommandFailure">None of them answers.</exception>
    public static async Task<ChunkServerBackups> FindAsync(
        IReadOnlyList<string> chunkServers, Surroundings surroundings, CancellationToken cancellation)
    {
        var connections = new GrpcConnections();
        bool found = false;
        try
        {
            var search = new BackupSearch(connections, new GrpcBulkTransport(connections), surroundings.Time);
            var findings = await search.FindAsync(chunkServers, cancellation).ConfigureAwait(false);
            foreach (var (address, error) in findings.Silent)
            {
                await surroundings.Error.WriteLineAsync($"dfs: chunk server {address} was left out: {error.Message}").ConfigureAwait(false);
            }

            if (findings.Silent.Count == chunkServers.Count)
            {
                throw new CommandFailure($"no chunk server answers at {string.Join(", ", chunkServers)}");
            }

            found = true;
            return new ChunkServerBackups(connections, findings);
        }
        finally
        {
            if (!found)
            {
                connections.Dispose();
            }
        }
    }

    /// <summary>The newest that is whole on the servers that were asked, or the one with this name.</summary>
    /// <exception cref="CommandFailure">There is none.</exception>
    public FoundBackup Choose(string? name)
    {
        if (name is null)
        {
            return Findings.Backups.FirstOrDefault(backup => backup.Missing.Count == 0)
                ?? throw new CommandFailure("these chunk servers hold no whole backup of the metadata: ask all of them");
        }

        var chosen = Findings.Backups.FirstOrDefault(backup => backup.Name.ToString() == name)
            ?? throw new CommandFailure($"these chunk servers hold no backup {Names.Printable(name)}");
        return chosen.Missing.Count == 0
            ? chosen
            : throw new CommandFailure(
                $"of backup {name} {chosen.Missing.Count} chunks are missing on these chunk servers, the first is {chosen.Missing[0]}: "
                    + "ask all of them");
    }

    public void Dispose() => _connections.Dispose();
}
