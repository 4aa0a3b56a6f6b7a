using DfsNet.Protocol.Wire;

namespace DfsNet.Cli.Drills;

/// <summary>All drills, in the order in which they are run: those that end by themselves first.</summary>
internal static class DrillList
{
    private static readonly DrillSign Suspect =
        new("suspect", bounds => bounds.Suspect, server => server.State is ServerState.Suspect or ServerState.Dead);

    private static readonly DrillSign Dead = new("dead", bounds => bounds.Dead, server => server.State == ServerState.Dead);

    public static readonly IReadOnlyList<IDrill> All =
    [
        new FlipDrill(),
        new ServerDrill(
            "full-disk",
            "the volumes of a chunk server have no space for 10 s",
            new StrikeRequest { Fault = DrillFault.FullDisk, DurationMs = 10_000 },
            [new("full", bounds => bounds.FullKnown, server => server.Volumes.Any(volume => volume.State == VolumeState.Full))],
            bounds => bounds.ReadWhileStuck,
            bounds => bounds.WriteWhileStuck),
        new ServerDrill(
            "slow-disk",
            "the disks of a chunk server take 0.3 s for a flush and 0.1 s for a read, for 15 s",
            new StrikeRequest { Fault = DrillFault.SlowDisk, DurationMs = 15_000 },
            [new("known as slow", bounds => bounds.SlowKnown, server => server.Volumes.Any(volume => volume.Slow))],
            bounds => bounds.ReadWhileStuck,
            bounds => bounds.WriteWhileStuck),
        new ServerDrill(
            "hung-disk",
            "the disks of a chunk server answer nothing for 15 s",
            new StrikeRequest { Fault = DrillFault.HangDisk, DurationMs = 15_000 },
            [new("left out", bounds => bounds.SlowKnown, server => !DrillWatch.IsWell(server))],
            bounds => bounds.ReadWhileStuck,
            bounds => bounds.WriteWhileStuck),
        new ServerDrill(
            "freeze",
            "a chunk server stands still for 15 s (SIGSTOP)",
            new StrikeRequest { Fault = DrillFault.Freeze, DurationMs = 15_000 },
            [Suspect, Dead],
            bounds => bounds.ReadWhileStuck,
            bounds => bounds.WriteWhileStuck),
        new ServerDrill(
            "kill",
            "a chunk server is killed (SIGKILL)",
            new StrikeRequest { Fault = DrillFault.Kill },
            [Suspect, Dead],
            bounds => bounds.ReadWhileKilled,
            bounds => bounds.WriteWhileKilled),
        new LeaderDrill(),
    ];
}
