namespace DfsNet.Simulation.Faults;

/// <summary>Every fault there is: a new one is a file and a line here.</summary>
internal static class FaultList
{
    public static IReadOnlyList<IFault> All { get; } =
    [
        new CrashAndRestart(),
        new PowerCutOfAll("power cut of all", _ => TimeSpan.FromMilliseconds(300)),
        new Pause(),
        new SlowNode(),
        new MessageLoss(),
        new MessageDelay(),
        new DuplicatedMessages(),
        new ReorderedFrames(),
        new CorruptedFrames(),
        new ConnectionReset(),
        new SlowLink(),
        new FlappingLink(),
        new Partition(),
        new OneWayPartition(),
        new BridgePartition(),
        new SlowDisk(),
        new StalledDisk(),
        new FullDisk(),
        new CrashInsideOperation(),
        new FailedFlush(),
        new ReadError(),
        new BitRot(),
        new LostWrite(),
        new MisdirectedWrite(),
        new ClockOffset(),
        new ClockDrift(),
        new ClockJump(),
        new LostSession(),
        new DeafOwner(),
        new DamagedLog(),
        new LeaderAlone(),
        new RingPartition(),
        new DamagedBallot(),
        new ReplacedMember(),
        new DrainedServer(),
        new MassFailure(),
        new PowerCutOfAll("slow power-up", shape => shape.MetaOptions.DeadAfter * 2),
    ];

    public static IFault Find(string name) => All.Single(fault => fault.Name == name);
}
