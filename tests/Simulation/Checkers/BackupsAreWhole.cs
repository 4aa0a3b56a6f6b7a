using DfsNet.Backups;
using DfsNet.Client;
using DfsNet.MetaServer.Backups;
using DfsNet.Protocol.Bulk;
using DfsNet.Simulation.Nodes;
using DfsNet.Simulation.Time;

namespace DfsNet.Simulation.Checkers;

/// <summary>
/// Every backup that the file system lists is found on the chunk servers without its help, and reads right to the end.
/// </summary>
internal sealed class BackupsAreWhole : IFinalChecker
{
    public string Name => "backups are whole";

    public async Task<IReadOnlyList<string>> CheckAsync(World world)
    {
        if (!world.Shape.HasBackups)
        {
            return [];
        }

        var life = new Life(world.Scheduler, "rescuer");
        var clock = new NodeClock(world.Scheduler, life);
        var connections = world.Network.ConnectionsOf("rescuer", life, clock);
        var bulk = new GrpcBulkTransport(connections);
        var client = await DfsClient.ConnectAsync(
            world.Shape.ClientOptions with { ClientName = "rescuer" }, connections, bulk, clock, new Random(1), world.LogsOf(life))
            .ConfigureAwait(false);
        var listed = await BackupShelf.ListAsync(client, CancellationToken.None).ConfigureAwait(false);
        var found = await new BackupSearch(connections, bulk, clock).FindAsync(
            [.. world.Servers.Where(server => server.IsUp).Select(server => server.Address)], CancellationToken.None)
            .ConfigureAwait(false);
        var wrong = new List<string>();
        foreach (var name in listed)
        {
            var backup = found.Backups.FirstOrDefault(backup => backup.Name == name);
            string? problem = await ProblemAsync(backup).ConfigureAwait(false);

            // Where fewer replicas than three are enough, the disks that went bad may have had the only one.
            if (problem is not null && !world.Victim.IsCrippled)
            {
                wrong.Add($"backup {name}: {problem}");
            }
        }

        await client.DisposeAsync().ConfigureAwait(false);
        return wrong;
    }

    private static async Task<string?> ProblemAsync(FoundBackup? backup)
    {
        if (backup is null)
        {
            return "no chunk server has a map of it";
        }

        try
        {
            var source = backup.OpenRead();
            await using (source.ConfigureAwait(false))
            {
                await BackupFile.ReadAsync(source, _ => { }, CancellationToken.None).ConfigureAwait(false);
            }

            return null;
        }
        catch (DfsException error)
        {
            return error.Message;
        }
    }
}
