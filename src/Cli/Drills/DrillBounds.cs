namespace DfsNet.Cli.Drills;

/// <summary>What a cluster with default options is held to; a slow machine may be given a multiple.</summary>
/// <param name="Slack">1 for what is promised.</param>
/// <param name="Whole">Until everything has its replicas again, whatever the slack: it depends on how much a server holds.</param>
internal sealed record DrillBounds(double Slack, TimeSpan Whole)
{
    /// <summary>Silence of 3 s, and the interval of a heartbeat.</summary>
    public TimeSpan Suspect => Times(3.5);

    /// <summary>Silence of 10 s, and the interval of a heartbeat.</summary>
    public TimeSpan Dead => Times(10.5);

    public TimeSpan SlowKnown => Times(5);

    public TimeSpan FullKnown => Times(5);

    public TimeSpan RotKnown => Times(3);

    public TimeSpan ReadWhileKilled => Times(0.3);

    public TimeSpan WriteWhileKilled => Times(0.6);

    public TimeSpan ReadWhileStuck => Times(0.5);

    public TimeSpan WriteWhileStuck => Times(3);

    /// <summary>An election, and the clients' finding of the new leader.</summary>
    public TimeSpan Failover => Times(3);

    private TimeSpan Times(double seconds) => TimeSpan.FromSeconds(seconds * Slack);
}
