using System.Globalization;
using DfsNet.Cli.Local;
using DfsNet.Hosting;

namespace DfsNet.Cli.Servers;

/// <summary>What a local cluster was made with: kept beside its data, because a restart must bring back every server it had.</summary>
internal static class LocalClusterRecord
{
    private const string FileName = "cluster.txt";
    private const int ChunkServersDefault = 3;
    private const int ReplicationMax = 3;

    /// <param name="chunkServers">Chunk servers asked for; null: as many as there were, or the usual number.</param>
    /// <param name="metaServers">Metadata servers asked for; null: as many as there were, or one.</param>
    public static EmbeddedClusterOptions Open(string directory, int? chunkServers, int? metaServers)
    {
        string path = Path.GetFullPath(directory);
        string? text = LocalFiles.ReadText(Path.Combine(path, FileName));
        if (text is null)
        {
            int servers = chunkServers ?? ChunkServersDefault;
            return new EmbeddedClusterOptions
            {
                Data = path,
                ChunkServers = servers,
                Replication = Math.Min(ReplicationMax, servers),
                MetaServers = metaServers ?? 1,
            };
        }

        var options = Parse(path, text);
        if (chunkServers < options.ChunkServers)
        {
            throw new CommandFailure(
                $"{path} has data of {options.ChunkServers} chunk servers; start it with at least as many, or choose another --data");
        }

        if (metaServers is { } asked && asked != options.MetaServers)
        {
            throw new CommandFailure(
                $"{path} has data of {options.MetaServers} metadata servers; start it with as many, or choose another --data");
        }

        return options with { ChunkServers = chunkServers ?? options.ChunkServers };
    }

    /// <param name="options">As it was started.</param>
    /// <param name="addresses">Of its metadata servers: where there are several they know each other by these.</param>
    public static void Keep(EmbeddedClusterOptions options, IReadOnlyList<string> addresses)
    {
        string meta = options.MetaServers == 1 ? "" : $" meta {string.Join(',', addresses)}";
        LocalFiles.WriteText(
            Path.Combine(options.Data, FileName),
            string.Create(
                CultureInfo.InvariantCulture, $"chunk-servers {options.ChunkServers} replication {options.Replication}{meta}\n"));
    }

    private static EmbeddedClusterOptions Parse(string path, string text)
    {
        string[] words = text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        if (words.Length is not (4 or 6) || !int.TryParse(words[1], CultureInfo.InvariantCulture, out int servers)
            || !int.TryParse(words[3], CultureInfo.InvariantCulture, out int replication))
        {
            throw new CommandFailure($"{Path.Combine(path, FileName)} is damaged; it should read \"chunk-servers 3 replication 3\"");
        }

        string[] addresses = words.Length == 6 ? words[5].Split(',') : [];
        return new EmbeddedClusterOptions
        {
            Data = path,
            ChunkServers = servers,
            Replication = replication,
            MetaServers = Math.Max(1, addresses.Length),
            MetaAddresses = addresses,
        };
    }
}
