using DfsNet.Simulation.Nodes;

namespace DfsNet.Simulation.Observation;

/// <summary>Sees by the files on the metadata disk that the command log was cut below what the store has flushed.</summary>
internal sealed class LogCutRows(World world)
{
    private const string Below = "log/";
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private string _oldest = "";

    public void Start() => world.Scheduler.After(Interval, Look);

    private void Look()
    {
        string oldest = world.Metas[0].Disk.Paths.Where(path => path.StartsWith(Below, StringComparison.Ordinal))
            .Min(StringComparer.Ordinal) ?? "";
        if (_oldest.Length > 0 && StringComparer.Ordinal.Compare(oldest, _oldest) > 0)
        {
            world.Coverage.Count(Rows.LogCut);
        }

        _oldest = oldest;
        world.Scheduler.After(Interval, Look);
    }
}
