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

    /// <param name="asked">Chunk servers asked for; null: as many as there were, or the usual number.</param>
    public static EmbeddedClusterOptions Open(string directory, int? asked)
    {
        string path = Path.GetFullPath(directory);
        string? text = LocalFiles.ReadText(Path.Combine(path, FileName));
        if (text is null)
        {
            int servers = asked ?? ChunkServersDefault;
            return new EmbeddedClusterOptions { Data = path, ChunkServers = servers, Replication = Math.Min(ReplicationMax, servers) };
        }

        var numbers = text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        if (numbers.Length != 4 || !int.TryParse(numbers[1], CultureInfo.InvariantCulture, out int had)
            || !int.TryParse(numbers[3], CultureInfo.InvariantCulture, out int replication))
        {
            throw new CommandFailure($"{Path.Combine(path, FileName)} is damaged; it should read \"chunk-servers 3 replication 3\"");
        }

        if (asked < had)
        {
            throw new CommandFailure($"{path} has data of {had} chunk servers; start it with at least as many, or choose another --data");
        }

        return new EmbeddedClusterOptions { Data = path, ChunkServers = asked ?? had, Replication = replication };
    }

    public static void Keep(EmbeddedClusterOptions options) => LocalFiles.WriteText(
        Path.Combine(options.Data, FileName),
        string.Create(CultureInfo.InvariantCulture, $"chunk-servers {options.ChunkServers} replication {options.Replication}\n"));
}
