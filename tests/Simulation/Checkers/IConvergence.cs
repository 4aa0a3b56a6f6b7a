using DfsNet.Simulation.Nodes;

namespace DfsNet.Simulation.Checkers;

/// <summary>Something that must become true within the liveness limit after healing.</summary>
internal interface IConvergence
{
    string Name { get; }

    /// <summary>What is still missing; null when it is true.</summary>
    string? Missing(World world);
}
