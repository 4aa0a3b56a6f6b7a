using System.ComponentModel;

namespace DfsNet.Hosting.Drills;

/// <summary>Whether a server may be struck on purpose.</summary>
public sealed record DrillOptions
{
    [Description("Whoever reaches this server's port may kill, freeze or disturb it, as 'dfs drill' does")]
    public bool AllowDrills { get; init; }
}
