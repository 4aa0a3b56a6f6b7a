using DfsNet.Cli.Connections;
using DfsNet.Client;

namespace DfsNet.Cli.Drills;

/// <summary>What a drill works with.</summary>
internal sealed record DrillStage(
    DfsClient Files,
    MetaNodes Nodes,
    DrillStrikes Strikes,
    DrillLoad Load,
    DrillWatch Watch,
    DrillGuard Guard,
    DrillBounds Bounds,
    TimeProvider Time);
