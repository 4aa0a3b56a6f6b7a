using DfsNet.Protocol;
using DfsNet.Protocol.Bulk;
using DfsNet.Protocol.Wire;
using DfsNet.Simulation.Network;
using DfsNet.Simulation.Nodes;

namespace DfsNet.Simulation.Observation;

/// <summary>
/// Rows of reading. A reader that goes on elsewhere does so in the moment in which it gave the other server up: that tells it from one that
/// comes back later.
/// </summary>
internal sealed class ReadRows(World world, RecordRows record)
{
    private readonly Dictionary<long, Reading> _running = [];
    private readonly Dictionary<(string Client, ulong Chunk), GivenUp> _givenUp = [];
    private readonly Dictionary<string, long> _missing = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Client, ulong Chunk), IReadOnlyList<string>> _silent = [];

    public void See(in MessageSeen seen)
    {
        switch (seen.Moment)
        {
            case MessageMoment.RequestSent:
                Begin(seen);
                break;
            case MessageMoment.ResponseSent when seen.Message is ReadFrame or ReadSmallReply:
                Serve(seen);
                break;
            case MessageMoment.ResponseDelivered when seen.Message is GetLayoutReply layout:
                Look(seen.From, layout);
                break;
            case MessageMoment.CallEnded when _running.Remove(seen.Call, out var reading):
                End(seen, reading);
                break;
        }
    }

    private void Begin(in MessageSeen seen)
    {
        switch (seen.Message)
        {
            case ReadRequest request:
                Begin(seen, new Reading(request.ChunkId, request.Offset + request.Length));
                break;
            case ReadSmallRequest request:
                Begin(seen, new Reading(request.ChunkId, request.Offset + request.Length));
                break;
            case GetChecksumsRequest request:
                Begin(seen, new Reading(request.ChunkId, 0));
                break;
            case GetLayoutRequest when _missing.Remove(seen.From, out long at) && at == world.Scheduler.Now:
                world.Coverage.Count(Rows.LayoutRefetched);
                break;
            case ReportReplicaRequest:
                world.Coverage.Count(Rows.BadReplicaReported);
                break;
        }
    }

    private void Begin(in MessageSeen seen, Reading reading)
    {
        _running[seen.Call] = reading;
        var where = (seen.From, reading.Chunk);
        if (_givenUp.Remove(where, out var before) && before.At == world.Scheduler.Now && before.Server != seen.To)
        {
            world.Coverage.Count(before.Row);
        }

        if (_silent.Count > 0 && _silent.TryGetValue(where, out var silent) && !silent.Contains(seen.To))
        {
            world.Coverage.Count(Rows.ReadHealthyFirst);
        }
    }

    private void Serve(in MessageSeen seen)
    {
        if (!_running.TryGetValue(seen.Call, out var reading))
        {
            return;
        }

        if (record.OpenLength(reading.Chunk) is { } length && reading.End > length / Limits.BlockSize * Limits.BlockSize)
        {
            world.Coverage.Count(Rows.ReadUnfinished);
        }

        string server = seen.To;
        if (world.Victim.Name == server && world.Victim.HasFailedVolume)
        {
            world.Coverage.Count(Rows.FailedVolumeRead);
        }
    }

    private void End(in MessageSeen seen, Reading reading)
    {
        var error = seen.Error;
        bool isBad = error is ErrorCode.ChecksumMismatch or ErrorCode.Corrupt or ErrorCode.DataLoss;
        if (isBad)
        {
            world.Coverage.Count(Rows.BadBlockRefused);
        }

        if (error == ErrorCode.ChunkNotFound)
        {
            _missing[seen.From] = world.Scheduler.Now;
        }

        // A reader that saves itself cancels its call, also when it checked the bytes and found them bad: that it reports then.
        string row = isBad || error == ErrorCode.ChunkNotFound ? Rows.ReadLeftBad
            : seen.Status.StatusCode == Grpc.Core.StatusCode.Cancelled ? Rows.ReadLeftSilent
            : Rows.ReadLeftFailed;
        if (error != ErrorCode.Unspecified)
        {
            _givenUp[(seen.From, reading.Chunk)] = new GivenUp(world.Scheduler.Now, seen.To, row);
        }
    }

    private void Look(string client, GetLayoutReply layout)
    {
        if (layout.Servers.All(server => server.State == ServerState.Healthy))
        {
            if (_silent.Count > 0)
            {
                foreach (var chunk in layout.Chunks)
                {
                    _silent.Remove((client, chunk.ChunkId));
                }
            }

            return;
        }

        if (layout.Servers.Any(server => server.State == ServerState.Suspect))
        {
            world.Coverage.Count(Rows.ServerSuspect);
        }

        var silent = layout.Servers.Where(server => server.State != ServerState.Healthy).ToDictionary(server => server.ServerId, Name);
        foreach (var chunk in layout.Chunks)
        {
            _silent[(client, chunk.ChunkId)] =
                [.. chunk.Replicas.Where(replica => silent.ContainsKey(replica.ServerId)).Select(replica => silent[replica.ServerId])];
            if (_silent[(client, chunk.ChunkId)].Count == 0)
            {
                _silent.Remove((client, chunk.ChunkId));
            }
        }
    }

    private string Name(ServerAddress server) => world.Servers.Single(machine => machine.Address == server.Address).Name;

    /// <summary>A running call that reads of a chunk, up to an offset.</summary>
    private readonly record struct Reading(ulong Chunk, uint End);

    /// <summary>When a reader gave which server up, and what it means if it goes on elsewhere.</summary>
    private readonly record struct GivenUp(long At, string Server, string Row);
}
