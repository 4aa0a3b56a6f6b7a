namespace DfsNet.Simulation.Running;

/// <summary>An instance of a workload as the plan of a run lists it.</summary>
/// <param name="Clients">Numbers of the client machines, from 0.</param>
/// <param name="Pause">Mean time between two operations of one user.</param>
internal sealed record PlannedWorkload(int Number, string Workload, IReadOnlyList<int> Clients, int Operations, TimeSpan Pause, int Seed);
