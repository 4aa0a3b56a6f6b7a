namespace DfsNet.Cli.Bench;

/// <summary>The table of a benchmark run, for --json.</summary>
/// <param name="Cores">Processors that the processes shared.</param>
/// <param name="Figures">In the order of measurement.</param>
internal sealed record BenchFacts(int Cores, IReadOnlyList<Measurement> Figures);
