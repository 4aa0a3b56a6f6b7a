using DfsNet.MetaServer.State;
using DfsNet.Simulation.Nodes;

namespace DfsNet.Simulation.Checkers;

/// <summary>When every client is gone, every session ends, and what it had open is sealed or dropped.</summary>
internal sealed class SessionsEnd : IConvergence
{
    public string Name => "every session ends and its chunks are sealed";

    public string? Missing(World world)
    {
        var store = world.Meta.Store;
        var counters = StateReader.Counters(store);
        var sessions = StateReader.Sessions(store).Select(row => row.Session).ToList();
        return sessions.Count > 0 ? $"sessions {string.Join(", ", sessions)} have not ended"
            : counters.Sessions > 0 || counters.OpenChunks > 0
                ? $"{counters.Sessions} sessions and {counters.OpenChunks} open chunks are counted, but there are none"
                : null;
    }
}
