using DfsNet.Simulation.Nodes;

namespace DfsNet.Simulation.Checkers;

/// <summary>Every server comes back; only one whose disks went bad may refuse to start, or lack a volume.</summary>
internal sealed class EverybodyServes : IConvergence
{
    public string Name => "every server comes back";

    public string? Missing(World world) =>
        !world.IsLed ? "the metadata servers do not serve"
        : world.Metas.FirstOrDefault(meta => meta.Node!.IsImpaired) is { } impaired ? $"{impaired.Name} has not repaired its log"
        : world.Servers.FirstOrDefault(server => !server.IsServing && !(server == world.Victim && server.HasBadDisks)) is { } server
            ? $"{server.Name} does not serve"
            : null;
}
