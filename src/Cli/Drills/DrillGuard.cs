using DfsNet.Cli.Connections;
using DfsNet.Cli.Output;
using DfsNet.Client;
using DfsNet.Protocol.Wire;

namespace DfsNet.Cli.Drills;

/// <summary>Keeps drills from hurting: nothing is struck in a cluster that is not well, or that could not bear it.</summary>
internal sealed class DrillGuard(DfsClient files, MetaNodes nodes, DrillStrikes strikes)
{
    private const int ReasonsMax = 10;
    private const int MetaServersMin = 3;

    // Under load some entries are always on their way.
    private const ulong AbreastLag = 1_000;

    /// <summary>Everything is well, every server allows drills, and one more is there than a chunk needs.</summary>
    /// <exception cref="CommandFailure">Why not.</exception>
    public async Task RequireWellAsync(CancellationToken cancellation)
    {
        var status = await files.GetStatusAsync(cancellation).ConfigureAwait(false);
        var reasons = new List<string>();
        reasons.AddRange(status.Alarms);
        if (!DrillWatch.IsWhole(status))
        {
            reasons.Add($"{Quantities.Count((long)status.UnderReplicated, "chunk")} lack replicas, or a server is not well");
        }

        var alive = status.Servers.Where(server => server.State != ServerState.Dead).ToList();
        int needed = (int)(await files.GetFileSystemAsync(cancellation).ConfigureAwait(false)).Replication + 1;
        if (alive.Count(server => !server.Draining) < needed)
        {
            reasons.Add($"{alive.Count} chunk servers are there that take chunks, and {needed} are needed to bear the loss of one");
        }

        foreach (string address in alive.Select(server => server.Address))
        {
            await AskAsync(address, reasons, cancellation).ConfigureAwait(false);
        }

        Require(reasons);
    }

    /// <summary>The metadata server that leads, where its loss leaves a majority that has everything.</summary>
    /// <exception cref="CommandFailure">Why it must not be struck.</exception>
    public async Task<(string Address, ulong Term)> RequireLeaderAsync(CancellationToken cancellation)
    {
        var (address, view) = await nodes.FindBestAsync(cancellation).ConfigureAwait(false);
        var reasons = new List<string>();
        if (view.Role != MemberRole.Leader)
        {
            reasons.Add("no metadata server leads");
        }

        if (view.Members.Count < MetaServersMin)
        {
            reasons.Add($"{Quantities.Count(view.Members.Count, "metadata server")}: three or more bear the loss of one");
        }

        reasons.AddRange(view.Members
            .Where(member => !member.Active || member.Impaired || member.Diverged || member.Match + AbreastLag < view.LastIndex)
            .Select(member => $"the metadata server at {member.Address} is not well, or lags"));
        await AskAsync(address, reasons, cancellation).ConfigureAwait(false);
        Require(reasons);
        return (address, view.Term);
    }

    /// <summary>
    /// Of these servers the first whose loss leaves every chunk of the cluster two good replicas, and room for new chunks.
    /// </summary>
    /// <exception cref="CommandFailure">There is none.</exception>
    public async Task<ServerStatus> RequireBearableAsync(IEnumerable<ServerStatus> servers, CancellationToken cancellation)
    {
        foreach (var server in servers)
        {
            var reply = await nodes.OperateAsync(
                "check stop",
                (client, options) => client.CheckStopAsync(new CheckStopRequest { ServerIds = { server.ServerId } }, options),
                cancellation).ConfigureAwait(false);
            if (reply is { Lost: 0, Last: 0, Writable: true })
            {
                return server;
            }
        }

        throw new CommandFailure("no server may be struck: whichever it is, some chunk would have fewer than two good replicas left");
    }

    private async Task AskAsync(string address, List<string> reasons, CancellationToken cancellation)
    {
        try
        {
            if (await strikes.AskAsync(address, cancellation).ConfigureAwait(false) is null)
            {
                reasons.Add($"the server at {address} does not allow drills: start it with --allow-drills");
            }
        }
        catch (DfsException error)
        {
            reasons.Add(error.Message);
        }
    }

    private static void Require(List<string> reasons)
    {
        if (reasons.Count > 0)
        {
            throw new CommandFailure($"nothing is struck: {string.Join("; ", reasons.Take(ReasonsMax))}");
        }
    }
}
