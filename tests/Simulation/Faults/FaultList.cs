namespace DfsNet.Simulation.Faults;

/// <summary>Every fault there is: a new one is a file and a line here.</summary>
internal static class FaultList
{
    public static IReadOnlyList<IFault> All { get; } =
    [
        new CrashAndRestart(),
        new PowerCutOfAll(),
        new Pause(),
    ];

    public static IFault Find(string name) => All.Single(fault => fault.Name == name);
}
