namespace DfsNet.Simulation.Running;

/// <summary>A line of seeds.txt: the arguments of a run that once failed, and why it did.</summary>
internal sealed record KnownSeed(RunOptions Options, string Reason)
{
    private const string FileName = "seeds.txt";

    public static IReadOnlyList<KnownSeed> All() =>
    [
        .. File.ReadLines(Path.Combine(AppContext.BaseDirectory, FileName))
            .Where(line => line.Length > 0 && line[0] != '#')
            .Select(Parse),
    ];

    private static KnownSeed Parse(string line)
    {
        string[] parts = line.Split('#', 2, StringSplitOptions.TrimEntries);
        return parts.Length == 2
            ? new KnownSeed(Arguments.Parse(["--seed", .. Arguments.Split(parts[0])]).Run, parts[1])
            : throw new FormatException($"{FileName}: \"{line}\" has no reason");
    }
}
