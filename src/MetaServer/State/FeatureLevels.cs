namespace DfsNet.MetaServer.State;

/// <summary>
/// Levels of what commands may stand in the log. A cluster's level is raised by its operator once every metadata server runs a program that
/// knows it; until then an older program can take over, and a downgrade is possible.
/// </summary>
internal static class FeatureLevels
{
    /// <summary>The newest that this program knows.</summary>
    public const uint Newest = 1;
}
