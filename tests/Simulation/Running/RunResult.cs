using DfsNet.Simulation.Observation;

namespace DfsNet.Simulation.Running;

/// <summary>What came out of a run.</summary>
internal sealed record RunResult
{
    public required int Seed { get; init; }

    public required Shape Shape { get; init; }

    public required Plan Plan { get; init; }

    /// <summary>Empty when everything held.</summary>
    public required IReadOnlyList<string> Violations { get; init; }

    public required ulong TraceHash { get; init; }

    public required Coverage Coverage { get; init; }

    public required TimeSpan VirtualTime { get; init; }

    public required long Events { get; init; }
}
