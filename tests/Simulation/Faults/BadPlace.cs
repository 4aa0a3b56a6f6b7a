using DfsNet.ChunkServer.Chunks;
using DfsNet.Devices;

namespace DfsNet.Simulation.Faults;

/// <summary>A place inside a file that is in use.</summary>
internal sealed record BadPlace(string Path, long Offset)
{
    // Without its identity a server does not even start: less of a run is left.
    private const int IdentityEvery = 10;

    /// <summary>A chunk as likely as a journal, now and then the identity; null: there is no such file yet.</summary>
    public static BadPlace? Draw(SimulatedDisk disk, Strike strike)
    {
        string? directory = strike.Random.Next(IdentityEvery) == 0 ? null : strike.Pick([ChunkPath.Root, ChunkPath.JournalDirectory]);
        var paths = disk.Paths.Where(path => disk.LengthOf(path) > 0 && IsBelow(path, directory)).Order(StringComparer.Ordinal).ToList();
        if (paths.Count == 0)
        {
            return null;
        }

        string path = strike.Pick(paths);
        return new BadPlace(path, strike.Random.NextInt64(disk.LengthOf(path)));
    }

    private static bool IsBelow(string path, string? directory) =>
        directory is null ? !path.Contains('/') : path.StartsWith(directory, StringComparison.Ordinal);

    public override string ToString() => $"{Path} + {Offset}";
}
