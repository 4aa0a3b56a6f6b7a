using DfsNet.Simulation.Nodes;

namespace DfsNet.Simulation.Checkers;

/// <summary>Looks at everything once, when the cluster has come to rest.</summary>
internal interface IFinalChecker
{
    string Name { get; }

    /// <summary>A line for each violation.</summary>
    Task<IReadOnlyList<string>> CheckAsync(World world);
}
