namespace DfsNet.Simulation.Network;

/// <summary>How often each thing that a network does to messages has happened.</summary>
internal sealed class NetworkCounters
{
    public long Calls { get; set; }

    public long Messages { get; set; }

    /// <summary>Sent again by TCP, and therefore late.</summary>
    public long Retransmissions { get; set; }

    /// <summary>Connections that broke for losses.</summary>
    public long LossBreaks { get; set; }

    /// <summary>Vanished because the link was cut.</summary>
    public long Vanished { get; set; }

    public long Duplicates { get; set; }

    public long Reorders { get; set; }

    public long Corruptions { get; set; }

    /// <summary>Ends of calls that saw the connection break, for whatever reason.</summary>
    public long BrokenEnds { get; set; }

    /// <summary>Calls to an address where nobody listens.</summary>
    public long Refused { get; set; }
}
