namespace DfsNet.Simulation.Sabotage;

/// <summary>A metadata server gives its vote to whoever asks, as often as it is asked.</summary>
internal sealed class VoteTwice : ISabotage
{
    public string Name => "vote twice";

    public string Breaks => "one leader a term";

    public IReadOnlyList<string> Faults => ["leader alone", "partition", "crash and restart", "flapping link"];

    public int MetaServers => 3;

    public KnownCatch Known => new(7, "metadata servers agree");

    public IReadOnlyList<Replacement> Replacements =>
    [
        new(
            "src/Consensus/Election.cs",
            "(state.Ballot.Vote == MemberId.None || state.Ballot.Vote == request.From)\n                && state.Leader == MemberId.None;",
            $"(state.Ballot.Vote == MemberId.None || state.Ballot.Vote == request.From || {PatchedCode.IsOn(Name)})\n"
            + $"                && (state.Leader == MemberId.None || {PatchedCode.IsOn(Name)});"),
    ];
}
