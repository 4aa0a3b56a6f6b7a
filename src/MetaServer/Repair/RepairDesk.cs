using DfsNet.MetaServer.Cluster;

namespace DfsNet.MetaServer.Repair;

/// <summary>What the parts of repair share while a node leads.</summary>
internal sealed class RepairDesk(TickCounter ticks, Alarms alarms, MetaServerOptions options)
{
    // Such a chunk is tried again once in a round over all chunks, which may take minutes.
    private static readonly TimeSpan NoPlaceMemory = TimeSpan.FromMinutes(5);

    private long _noPlaceUntil;

    public RepairQueue Queue { get; } = new(ticks);

    public RepairSweeps Sweeps { get; } = new();

    public CopySlots Slots { get; } = new(ticks, options.CopiesPerServer);

    public ChunkMoves Moves { get; } = new(ticks);

    public BalanceState Balance { get; } = new();

    public RepairMeter Meter { get; } = new(ticks);

    public RepairPace Pace { get; } = new(ticks);

    public MassFailure Brake { get; } = new(ticks, options.MassFailureWindow, alarms);

    /// <summary>What the last round over all chunks counted; null before the first one.</summary>
    public CensusResult? Counted { get; set; }

    public Alarms Alarms => alarms;

    /// <summary>A chunk had no server that could take its copy, not long ago.</summary>
    public bool LacksPlaces => Interlocked.Read(ref _noPlaceUntil) > ticks.Now;

    /// <summary>No server can take the copy of a chunk.</summary>
    public void NoteNoPlace() => Interlocked.Exchange(ref _noPlaceUntil, ticks.Now + ticks.Of(NoPlaceMemory));
}
