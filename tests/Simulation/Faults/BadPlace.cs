using DfsNet.Devices;

namespace DfsNet.Simulation.Faults;

/// <summary>A place inside a file that is in use.</summary>
internal sealed record BadPlace(string Path, long Offset)
{
    /// <summary>Chunks, journals and all other files have the same chance; null: nothing is stored yet.</summary>
    public static BadPlace? Draw(SimulatedDisk disk, Strike strike)
    {
        var kinds = disk.Paths.Where(path => disk.LengthOf(path) > 0).Order(StringComparer.Ordinal)
            .GroupBy(path => path.Split('/')[0], StringComparer.Ordinal).Select(kind => kind.ToList()).ToList();
        if (kinds.Count == 0)
        {
            return null;
        }

        string path = strike.Pick(strike.Pick(kinds));
        return new BadPlace(path, strike.Random.NextInt64(disk.LengthOf(path)));
    }

    public override string ToString() => $"{Path} + {Offset}";
}
