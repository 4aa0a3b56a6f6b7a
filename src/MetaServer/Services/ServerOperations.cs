using DfsNet.MetaServer.Cluster;
using DfsNet.MetaServer.Repair;
using DfsNet.MetaServer.Replication;
using DfsNet.MetaServer.State;
using DfsNet.MetaServer.Store;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Services;

/// <summary>What operators do with one chunk server: empty it, take it out, ask whether it may be stopped.</summary>
internal sealed class ServerOperations(
    IStateStore store, Proposer proposer, OperatorOrders orders, ServerTable servers, BadReplicas bad, ClusterRecord cluster)
{
    // Others get their turn in between.
    private const int RowsPerStep = 2_000;

    public async Task<SetServerDrainingReply> SetDrainingAsync(SetServerDrainingRequest request, CancellationToken cancellation)
    {
        var command = new Command { SetDraining = new SetDraining { ServerId = request.ServerId, Draining = request.Draining } };
        await orders.GiveAsync(command, "drain", cancellation).ConfigureAwait(false);
        return new SetServerDrainingReply();
    }

    /// <summary>Takes a server out of the record: one that is dead or empty, and whose chunks are all elsewhere.</summary>
    public async Task<DismissServerReply> DismissAsync(DismissServerRequest request, CancellationToken cancellation)
    {
        const string Step = "remove server";
        orders.RequireLevel(Step);
        var server = new ServerId(request.ServerId);
        var seen = await GetAsync(new GetServerRequest { ServerId = request.ServerId }, cancellation).ConfigureAwait(false);
        if (seen.Server.State != ServerState.Dead && (!seen.Server.Draining || seen.Needed > 0))
        {
            throw new DfsException(
                ErrorCode.ConditionFailed,
                Step,
                $"server {server} lives and is not empty: drain it first, or stop it and wait until it is dead");
        }

        if (seen.Sole > 0 && !request.Lossy)
        {
            throw new DfsException(
                ErrorCode.ConditionFailed,
                Step,
                $"server {server} has the only good replica of {seen.Sole} chunks: bring it back, or accept the loss with --lossy");
        }

        var command = new Command { RemoveServer = new RemoveServer { ServerId = request.ServerId, Lossy = request.Lossy } };
        while ((await orders.GiveAsync(command, Step, cancellation).ConfigureAwait(false)).More)
        {
            await Task.Yield();
        }

        return new DismissServerReply();
    }

    public async Task<GetServerReply> GetAsync(GetServerRequest request, CancellationToken cancellation)
    {
        await proposer.ReadBarrierAsync(cancellation).ConfigureAwait(false);
        var server = new ServerId(request.ServerId);
        var reply = new GetServerReply
        {
            Server = servers.Status().FirstOrDefault(status => status.ServerId == request.ServerId)
                ?? throw new DfsException(ErrorCode.NotFound, "get server", $"there is no server {server}"),
        };
        using var snapshot = store.OpenSnapshot();
        await foreach (var (row, standing) in WalkAsync(snapshot, server, cancellation).ConfigureAwait(false))
        {
            reply.Leaving += row.Leaving ? 1UL : 0;
            if (row.Leaving || standing is null)
            {
                continue;
            }

            int elsewhere = GoodBeside(standing, server);
            var own = standing.Rows.First(row => row.Server == server).Worth;
            reply.Present++;
            reply.Stuck += own is ReplicaWorth.Gone or ReplicaWorth.Failing ? 1UL : 0;
            if (standing.Matters && elsewhere < standing.Record.Replication)
            {
                reply.Needed++;
                reply.NeededBytes += standing.Record.CommittedLength;
                reply.Sole += elsewhere == 0 ? 1UL : 0;
            }
        }

        reply.Server.Replicas = reply.Present + reply.Leaving;
        return reply;
    }

    /// <summary>What would be out of reach if these servers stopped now.</summary>
    public async Task<CheckStopReply> CheckStopAsync(CheckStopRequest request, CancellationToken cancellation)
    {
        await proposer.ReadBarrierAsync(cancellation).ConfigureAwait(false);
        var stopped = request.ServerIds.Select(id => new ServerId(id)).ToHashSet();
        if (stopped.FirstOrDefault(server => servers.RecordOf(server) is null) is { Value: > 0 } unknown)
        {
            throw new DfsException(ErrorCode.NotFound, "check stop", $"there is no server {unknown}");
        }

        int left = servers.Candidates().Concat(servers.SlowCandidates()).Select(candidate => candidate.Server).Distinct()
            .Count(server => !stopped.Contains(server));
        var reply = new CheckStopReply { Writable = left >= Math.Min(cluster.MinReplicas, cluster.Replication) };
        using var snapshot = store.OpenSnapshot();
        var counted = new HashSet<ChunkId>();
        foreach (var server in stopped)
        {
            await foreach (var (row, standing) in WalkAsync(snapshot, server, cancellation, counted).ConfigureAwait(false))
            {
                if (row.Leaving || standing is not { Matters: true })
                {
                    continue;
                }

                int elsewhere = SafeBeside(standing, stopped);
                reply.Checked++;
                reply.Lost += elsewhere == 0 ? 1UL : 0;
                reply.Last += elsewhere == 1 && standing.Record.Replication > 1 ? 1UL : 0;
            }
        }

        return reply;
    }

    /// <summary>Replicas elsewhere that count.</summary>
    private static int GoodBeside(ChunkStanding standing, ServerId server) => standing.Rows.Count(row =>
        row.Server != server && row.Worth is (ReplicaWorth.Good or ReplicaWorth.Proven));

    /// <summary>Replicas elsewhere that can be read and are not about to fail.</summary>
    private static int SafeBeside(ChunkStanding standing, HashSet<ServerId> servers) => standing.Rows.Count(row =>
        !servers.Contains(row.Server) && row.Worth is (ReplicaWorth.Good or ReplicaWorth.Proven or ReplicaWorth.Departing));

    private async IAsyncEnumerable<(ReplicaRecord Row, ChunkStanding? Standing)> WalkAsync(
        IStateReads reads,
        ServerId server,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation,
        HashSet<ChunkId>? counted = null)
    {
        var health = servers.Health();
        int step = 0;
        foreach (var (chunk, row) in StateReader.ReplicasOf(reads, server, default))
        {
            if (++step % RowsPerStep == 0)
            {
                cancellation.ThrowIfCancellationRequested();
                await Task.Yield();
            }

            if (counted?.Add(chunk) != false)
            {
                yield return (row, StateReader.Chunk(reads, chunk) is { } record
                    ? ChunkStanding.Of(chunk, record, StateReader.Replicas(reads, chunk), health, bad)
                    : null);
            }
        }
    }
}
