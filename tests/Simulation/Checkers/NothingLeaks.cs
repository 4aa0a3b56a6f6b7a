using DfsNet.MetaServer.State;
using DfsNet.MetaServer.Store;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;
using DfsNet.Simulation.Network;
using DfsNet.Simulation.Nodes;

namespace DfsNet.Simulation.Checkers;

/// <summary>
/// Memory and queues stay bounded: no session ever holds more than its limits, and at rest, when all clients are gone, no call, stream or
/// timer of theirs is left anywhere.
/// </summary>
internal sealed class NothingLeaks : IWatcher, IConvergence
{
    // A heartbeat, a registration and a report may be under way at the same time, each with one behind it that gave up waiting.
    private const int CallsPerServer = 6;

    // One stream to each other metadata server, and one that gave up waiting.
    private const int TalksPerPair = 2;

    // Loops, watches and deadlines of a server at rest; a leak adds some for every operation of the run.
    private const int TimersPerProcess = 12;

    // Every further metadata server is told of by each server and by each other one: a pause, a deadline, a patience.
    private const int TimersPerLink = 3;

    private static readonly TimeSpan SampleEvery = TimeSpan.FromSeconds(1);

    private readonly Dictionary<string, HeartbeatRequest> _heartbeats = new(StringComparer.Ordinal);

    public string Name => "memory and queues stay bounded";

    public void Watch(World world)
    {
        world.Network.Seen += Hear;
        world.Scheduler.After(SampleEvery, () => Sample(world));
    }

    public string? Missing(World world)
    {
        int calls = world.Network.RunningCalls;
        int talks = world.Metas.Count * (world.Metas.Count - 1) * TalksPerPair;
        if (calls > (CallsPerServer * world.Servers.Count * world.Metas.Count) + talks)
        {
            return $"{calls} calls are under way though nobody calls";
        }

        foreach (var server in world.Servers.Where(server => server.IsServing))
        {
            if (_heartbeats.TryGetValue(server.Name, out var heartbeat) && heartbeat.ActiveAppends + heartbeat.ActiveReads > 0)
            {
                return $"{server.Name} says that {heartbeat.ActiveAppends} appends and {heartbeat.ActiveReads} reads are under way";
            }
        }

        int planned = world.Scheduler.PlannedCount;
        int links = (world.Servers.Count + world.Metas.Count) * (world.Metas.Count - 1);
        return planned > (TimersPerProcess * world.Machines.Count) + (TimersPerLink * links)
            ? $"{planned} events are planned though nothing happens"
            : null;
    }

    private void Hear(MessageSeen seen)
    {
        if (seen is { Moment: MessageMoment.RequestSent, Message: HeartbeatRequest heartbeat })
        {
            _heartbeats[seen.From] = heartbeat;
        }
    }

    private void Sample(World world)
    {
        var store = world.Meta.Store;
        foreach (var (session, record) in StateReader.Sessions(store))
        {
            int results = store.Scan(Keys.SessionResultsFrom(session, 0)).Count();
            int owned = StateReader.OwnedChunks(store, session).Count();
            if (results > Limits.SessionResultsMax || record.OpenChunks > Limits.SessionOpenChunksMax
                || owned > Limits.SessionOwnedChunksMax || record.StagedFiles > Limits.SessionStagedFilesMax)
            {
                world.Violate(Name, $"session {session} keeps {results} results, owns {owned} chunks: {record}");
            }
        }

        world.Scheduler.After(SampleEvery, () => Sample(world));
    }
}
