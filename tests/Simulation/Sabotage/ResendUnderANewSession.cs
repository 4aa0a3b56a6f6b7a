namespace DfsNet.Simulation.Sabotage;

/// <summary>A client whose session ended takes a call without an answer for one that took no effect, and makes it again.</summary>
internal sealed class ResendUnderANewSession : ISabotage
{
    public string Name => "resend under a new session";

    public string Breaks => "a call whose session has ended is never sent again under another";

    public IReadOnlyList<string> Faults => ["lost session"];

    public IReadOnlyList<string> Workloads => ["namespace churn"];

    public KnownCatch Known => new(9, "namespace churn");

    public IReadOnlyList<Replacement> Replacements =>
    [
        new(
            "src/Client/Metadata/Session.cs",
            "throw history.Unanswered\n",
            $"throw history.Unanswered && !{PatchedCode.IsOn(Name)}\n"),
    ];
}
