using DfsNet.Simulation.Nodes;

namespace DfsNet.Simulation.Faults;

/// <summary>One kind of disaster. It strikes, lasts, and undoes itself; a run may meet it many times.</summary>
internal interface IFault
{
    /// <summary>As plans, reports and --faults name it.</summary>
    string Name { get; }

    /// <summary>False: this run's shape has no place for it.</summary>
    bool IsPossible(World world) => true;

    /// <summary>
    /// Strikes and returns when it is over. What it changed it undoes, after <see cref="Strike.LastAsync"/>, which ends early when the
    /// cluster is healed. Every choice comes from the strike's own random numbers.
    /// </summary>
    Task StrikeAsync(World world, Strike strike);
}
