namespace DfsNet.Simulation.Running;

/// <summary>Operations First to Last of one workload that do not happen.</summary>
internal readonly record struct DroppedOperations(int Workload, int First, int Last)
{
    public override string ToString() => $"{Workload}:{First}-{Last}";

    public bool Contains(int workload, int operation) => workload == Workload && operation >= First && operation <= Last;
}
