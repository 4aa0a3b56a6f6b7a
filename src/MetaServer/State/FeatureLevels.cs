namespace DfsNet.MetaServer.State;

/// <summary>
/// Levels of what commands may stand in the log. A cluster's level is raised by its operator once every metadata server runs a program that
/// knows it; until then an older program can take over, and a downgrade is possible.
/// </summary>
internal static class FeatureLevels
{
    /// <summary>Copies become replicas; servers are drained and removed; wishes of operators.</summary>
    public const uint Repair = 2;

    /// <summary>Said to an operator whose order has to wait until the level is raised.</summary>
    public const string NotYet = "not at this feature level: when all metadata servers run this version, say 'dfs admin meta finalize'";

    /// <summary>The newest that this program knows.</summary>
    public const uint Newest = Repair;
}
