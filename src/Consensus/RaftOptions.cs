namespace DfsNet.Consensus;

/// <summary>The core's times and bounds.</summary>
public sealed record RaftOptions
{
    /// <summary>
    /// A follower that hears of no leader for so long, and a drawn part more, campaigns; a leader that hears no quorum steps down.
    /// </summary>
    public TimeSpan ElectionTimeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The greatest part of the timeout that is drawn on top of it, so that two nodes seldom campaign at once.</summary>
    public double TimeoutSpread { get; init; } = 0.6;

    public TimeSpan HeartbeatInterval { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// For so long after a heartbeat was sent to which a quorum answered, reads are answered without asking again. Zero: always ask. At
    /// most a third of the election timeout; a fifth bears clocks of which one runs four times as fast as the other.
    /// </summary>
    public TimeSpan LeaseTime { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Most bytes of entry bodies in one message; a single larger entry still goes.</summary>
    public int MessageBytesMax { get; init; } = 512 * 1024;

    /// <summary>Most messages with entries on their way to one follower.</summary>
    public int InFlightMax { get; init; } = 16;

    /// <summary>Most bytes of entries that are proposed and not yet committed; more are refused.</summary>
    public long UncommittedBytesMax { get; init; } = 64L * 1024 * 1024;

    /// <summary>Most bytes of applied entries kept for followers that lag; one that needs older ones gets a snapshot.</summary>
    public long KeptBytesMax { get; init; } = 32L * 1024 * 1024;

    /// <summary>
    /// The same while a snapshot is on its way to one of them: what is behind the snapshot is needed when it has arrived.
    /// </summary>
    public long SnapshotKeptBytesMax { get; init; } = 256L * 1024 * 1024;

    /// <summary>Most bytes of committed entries handed over in one output.</summary>
    public int CommittedBytesMax { get; init; } = 4 * 1024 * 1024;
}
