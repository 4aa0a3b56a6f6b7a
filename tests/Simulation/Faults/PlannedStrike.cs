namespace DfsNet.Simulation.Faults;

/// <summary>A strike as the plan of a run lists it.</summary>
internal sealed record PlannedStrike(int Number, TimeSpan At, string Fault, int Seed);
