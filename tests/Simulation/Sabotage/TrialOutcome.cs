using System.Globalization;

namespace DfsNet.Simulation.Sabotage;

/// <summary>What came of a trial: the checkers that noticed and the seed of that run, or nobody and the last seed.</summary>
internal sealed record TrialOutcome(string Sabotage, IReadOnlyList<string> Checkers, int Seed, double Seconds)
{
    private const char Separator = '\t';

    public bool IsCaught => Checkers.Count > 0;

    /// <summary>Reads what <see cref="ToLine"/> wrote.</summary>
    public static TrialOutcome Parse(string line)
    {
        string[] parts = line.Split(Separator);
        return new TrialOutcome(
            parts[0], parts[3..], int.Parse(parts[1], CultureInfo.InvariantCulture), double.Parse(parts[2], CultureInfo.InvariantCulture));
    }

    /// <summary>For another process.</summary>
    public string ToLine() => string.Join(
        Separator,
        [Sabotage, Seed.ToString(CultureInfo.InvariantCulture), Seconds.ToString("F1", CultureInfo.InvariantCulture), .. Checkers]);

    /// <summary>For people.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Sabotage,-42} seed {Seed,3} {Seconds,6:F1} s  {(IsCaught ? $"caught by: {string.Join("; ", Checkers)}" : "SURVIVED")}");
}
