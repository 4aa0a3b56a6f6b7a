using DfsNet.MetaServer.Replication;
using DfsNet.MetaServer.State;
using DfsNet.MetaServer.Store;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Cluster;

/// <summary>
/// Which chunk servers are let in, and as whom. A change of the record goes through the log; a plain restart costs no entry.
/// </summary>
internal sealed class Registration(
    ServerTable servers,
    OpenChunks open,
    Proposer proposer,
    Alarms alarms,
    MetaServerOptions options,
    ClusterRecord cluster,
    IStateStore store)
{
    private const int TextBytesMax = 255;
    private const int VolumesMax = 1_000;

    public async Task<RegisterReply> RegisterAsync(RegisterRequest request, CancellationToken cancellation)
    {
        RequireSizes(request);
        RequireHistory(request);
        var server = Identify(request);
        if (server is { } known)
        {
            RequireNoTwin(known, request.BootId);
        }

        if (server is null || IsChanged(servers.RecordOf(server.Value), request))
        {
            server = await CommitAsync(server ?? ServerId.None, request, cancellation).ConfigureAwait(false);
        }

        if (!servers.TryClaim(server.Value, request.BootId, request.Version, request.Volumes, out bool restarted))
        {
            throw Twin(server.Value);
        }

        alarms.Clear($"twin-{server}");
        alarms.Clear($"fresh-{server}");
        if (restarted)
        {
            open.RequestSealOn(server.Value);
        }

        return new RegisterReply
        {
            ClusterId = cluster.ClusterId,
            ServerId = server.Value.Value,
            Incarnation = cluster.Incarnation,
            AppliedIndex = store.AppliedIndex,
            Term = proposer.Term,
            HeartbeatMs = (uint)options.HeartbeatInterval.TotalMilliseconds,
            ChunkSize = cluster.ChunkSize,
        };
    }

    private static void RequireSizes(RegisterRequest request)
    {
        bool isSized = request.Address.Length is > 0 and <= TextBytesMax && request.Address.Contains(':')
            && request.Domain.Length <= TextBytesMax && request.Version.Length <= TextBytesMax
            && request.Volumes.Count is > 0 and <= VolumesMax
            && request.Volumes.DistinctBy(volume => volume.VolumeId).Count() == request.Volumes.Count
            && request is { Nonce: not 0, BootId: not 0 };
        if (!isSized)
        {
            throw new DfsException(
                ErrorCode.InvalidArgument,
                "register",
                "an address host:port, 1 to 1,000 distinct volumes, a nonce and a boot id are needed");
        }
    }

    private void RequireHistory(RegisterRequest request)
    {
        if (request.ClusterId != 0 && request.ClusterId != cluster.ClusterId)
        {
            throw new DfsException(
                ErrorCode.WrongCluster,
                "register",
                $"this is cluster {new ClusterId(cluster.ClusterId)}, but the chunk server's data belongs to "
                + $"cluster {new ClusterId(request.ClusterId)}");
        }

        bool isBehind = request.SeenIncarnation > cluster.Incarnation
            || (request.SeenIncarnation == cluster.Incarnation && request.SeenIndex > store.AppliedIndex);
        if (isBehind)
        {
            alarms.Raise(
                "rolled-back",
                $"chunk server {request.ServerId} was told of log index {request.SeenIndex} (incarnation {request.SeenIncarnation}); "
                + $"this metadata ends at {store.AppliedIndex} (incarnation {cluster.Incarnation}): it was rolled back");
            throw new DfsException(
                ErrorCode.Refused,
                "register",
                "this metadata is older than what the chunk server has seen: it was rolled back; restore it properly");
        }
    }

    /// <summary>The server of the record that speaks, or null for a new one.</summary>
    private ServerId? Identify(RegisterRequest request)
    {
        if (request.ServerId != 0)
        {
            var server = new ServerId(request.ServerId);
            var record = servers.RecordOf(server);
            if (record is null || record.Nonce != request.Nonce)
            {
                throw new DfsException(
                    ErrorCode.Refused,
                    "register",
                    $"server {server} is not in this cluster: an operator removed it, or its data directory is not of this cluster");
            }

            RequireVolumes(server, record, request);
            return server;
        }

        if (servers.FindByNonce(request.Nonce) is { } repeated)
        {
            return repeated.Server;
        }

        if (!request.NewVolume && servers.FindByAddress(request.Address, ServerId.None) is { } former
            && ReplicasOf(former.Server) is var replicas and > 0)
        {
            alarms.Raise(
                $"fresh-{former.Server}",
                $"an empty chunk server came up at {request.Address}, where server {former.Server} has replicas");
            throw new DfsException(
                ErrorCode.Refused,
                "register",
                $"server {former.Server} at {request.Address} has {replicas} replicas, but these data directories are empty: is a disk "
                + "not mounted? If a new server is meant, start it with --new-volume");
        }

        return null;
    }

    private void RequireVolumes(ServerId server, ServerRecord record, RegisterRequest request)
    {
        var given = request.Volumes.Select(volume => volume.VolumeId).ToHashSet();
        if (!request.NewVolume && ReplicasOf(server) > 0 && given.Any(volume => !record.VolumeIds.Contains(volume)))
        {
            throw new DfsException(
                ErrorCode.Refused,
                "register",
                $"server {server} brings a volume that is not in the record; if it is meant, start it with --new-volume");
        }

        foreach (ulong missing in record.VolumeIds.Where(volume => !given.Contains(volume)))
        {
            alarms.Raise($"volume-{new VolumeId(missing)}", $"server {server} came up without its volume {new VolumeId(missing)}");
        }
    }

    private void RequireNoTwin(ServerId server, ulong bootId)
    {
        if (servers.IsAliveAsAnother(server, bootId))
        {
            throw Twin(server);
        }
    }

    private DfsException Twin(ServerId server)
    {
        alarms.Raise($"twin-{server}", $"two processes claim to be server {server}: the second was refused");
        return new DfsException(
            ErrorCode.Refused,
            "register",
            $"server {server} is alive as another process; a restarted one is let in after "
            + $"{options.SuspectAfter.TotalSeconds:0.#} s of silence");
    }

    // The table's records are as of the last registration; replicas come and go in the store.
    private ulong ReplicasOf(ServerId server) => StateReader.Server(store, server)?.Replicas ?? 0;

    /// <summary>Volumes are only added: one that is missing today is still this server's.</summary>
    private static bool IsChanged(ServerRecord? record, RegisterRequest request) =>
        record is null
        || record.Address != request.Address
        || record.Domain != request.Domain
        || request.Volumes.Any(volume => !record.VolumeIds.Contains(volume.VolumeId));

    private async Task<ServerId> CommitAsync(ServerId server, RegisterRequest request, CancellationToken cancellation)
    {
        var volumes = (servers.RecordOf(server)?.VolumeIds ?? []).Union(request.Volumes.Select(volume => volume.VolumeId)).Order();
        var register = new RegisterServer
        {
            ServerId = server.Value,
            Nonce = request.Nonce,
            Address = request.Address,
            Domain = request.Domain,
        };
        register.VolumeIds.AddRange(volumes);
        var committed = await proposer.ProposeAsync(new Command { RegisterServer = register }, cancellation).ConfigureAwait(false);
        var result = committed.Result;
        return result.Error == ErrorCode.Unspecified
            ? new ServerId(result.ServerId)
            : throw new DfsException(result.Error, "register", result.Message);
    }
}
