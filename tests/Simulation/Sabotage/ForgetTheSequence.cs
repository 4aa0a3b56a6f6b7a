namespace DfsNet.Simulation.Sabotage;

/// <summary>The metadata server carries out a repeated call again instead of answering with the result that it kept.</summary>
internal sealed class ForgetTheSequence : ISabotage
{
    public string Name => "forget the request's sequence";

    public string Breaks => "retries are exactly once within a session";

    public IReadOnlyList<string> Faults => ["duplicate"];

    public IReadOnlyList<string> Workloads => ["appenders", "namespace churn"];

    public KnownCatch Known => new(3, "a read returns the bytes of one commit, and of none older than it must");

    public IReadOnlyList<Replacement> Replacements =>
    [
        new(
            "src/MetaServer/State/CallLedger.cs",
            "if (state.Get(Keys.SessionResult(session, request.Sequence)) is { } kept)",
            $"if (state.Get(Keys.SessionResult(session, request.Sequence)) is {{ }} kept && !{PatchedCode.IsOn(Name)})"),
    ];
}
