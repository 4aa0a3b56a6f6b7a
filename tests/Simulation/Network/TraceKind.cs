namespace DfsNet.Simulation.Network;

/// <summary>What the network notes in the trace.</summary>
internal enum TraceKind
{
    Send = 1,
    Deliver = 2,
    End = 3,
    Break = 4,
    Refuse = 5,
    Duplicate = 6,
}
