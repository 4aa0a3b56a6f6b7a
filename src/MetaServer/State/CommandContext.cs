using DfsNet.MetaServer.Store;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.State;

/// <summary>What a command's rules see and change while it is applied.</summary>
internal sealed class CommandContext(Transaction state, ulong index, Command command)
{
    private readonly List<StateEvent> _events = [];
    private readonly CountersRecord _storedCounters = state.Get(Keys.Counters) ?? new CountersRecord();

    public Transaction State { get; } = state;

    /// <summary>Of the command in the log.</summary>
    public ulong Index { get; } = index;

    /// <summary>The leader's clock when it proposed the command; for people to read, never compared.</summary>
    public long StampUnixMs { get; } = command.StampUnixMs;

    /// <summary>Of the call; none for commands of the leader.</summary>
    public SessionId Session { get; } = new(command.Request?.SessionId ?? 0);

    /// <summary>Null before the first entry of the log.</summary>
    public ClusterRecord? Cluster { get; } = state.Get(Keys.Cluster);

    /// <summary>Changed in place; stored with the command's other changes.</summary>
    public CountersRecord Counters { get; } = state.Get(Keys.Counters) ?? new CountersRecord();

    public IReadOnlyList<StateEvent> Events => _events;

    public void Announce(StateEvent happened) => _events.Add(happened);

    public void StoreCounters()
    {
        if (!Counters.Equals(_storedCounters))
        {
            State.Put(Keys.Counters, Counters);
        }
    }
}
