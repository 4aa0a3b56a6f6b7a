using System.Globalization;

namespace DfsNet.Simulation.Sabotage;

/// <summary>What came of a trial: the checkers that noticed and the seed of that run, or nobody and the last seed.</summary>
internal sealed record TrialOutcome(string Sabotage, IReadOnlyList<string> Checkers, int Seed, double Seconds)
{
    private const char Separator = '\t';

    public bool IsCaught => Checkers.Count > 0;

    /// <summary>As <see cref="ToLine"/> wrote it; null for any other line.</summary>
    public static TrialOutcome? Parse(string line)
    {
        string[] parts = line.Split(Separator);
        return parts.Length < 3 || !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int seed)
            ? null
            : new TrialOutcome(parts[0], parts[3..], seed, double.Parse(parts[2], CultureInfo.InvariantCulture));
    }

    /// <summary>For another process.</summary>
    public string ToLine() => string.Join(
        Separator,
        [Sabotage, Seed.ToString(CultureInfo.InvariantCulture), Seconds.ToString("F1", CultureInfo.InvariantCulture), .. Checkers]);

    /// <summary>For people.</summary>
    public override string ToString() => IsCaught
        ? string.Create(CultureInfo.InvariantCulture, $"{Sabotage,-42} seed {Seed,3} {Seconds,6:F1} s  caught by: {string.Join("; ", Checkers)}")
        : string.Create(CultureInfo.InvariantCulture, $"{Sabotage,-42} seed {Seed,3} {Seconds,6:F1} s  SURVIVED");
}
