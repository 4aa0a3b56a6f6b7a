namespace DfsNet.Cli.Bench;

/// <summary>One figure of a benchmark run.</summary>
/// <param name="Name">What was measured.</param>
/// <param name="Value">The figure.</param>
/// <param name="Unit">Its unit, such as MiB/s.</param>
/// <param name="CoreSecondsPerGiB">Processor time of every process together for each GiB moved; null where no bulk bytes moved.</param>
/// <param name="Beside">The machine's own limit it is to be read against, measured in the same run; empty where there is none.</param>
internal sealed record Measurement(string Name, double Value, string Unit, double? CoreSecondsPerGiB = null, string Beside = "");
