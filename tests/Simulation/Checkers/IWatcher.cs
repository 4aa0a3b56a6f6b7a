using DfsNet.Simulation.Nodes;

namespace DfsNet.Simulation.Checkers;

/// <summary>Watches the whole run from its start and reports violations to the world as they happen.</summary>
internal interface IWatcher
{
    void Watch(World world);
}
