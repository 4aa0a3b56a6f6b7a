namespace DfsNet.Simulation.Sabotage;

/// <summary>A leader trusts its lease for ten election timeouts.</summary>
internal sealed class ForgetTheLeaseMargin : ISabotage
{
    public string Name => "forget the lease margin";

    public string Breaks => "a lease ends before anybody else can lead, whatever clocks do";

    public IReadOnlyList<string> Faults => ["leader alone", "clock drift", "partition"];

    public IReadOnlyList<string> Workloads => ["watched names"];

    public int MetaServers => 3;

    public KnownCatch Known => new(10, "no read is answered by a leader of the past");

    public IReadOnlyList<Replacement> Replacements =>
    [
        new(
            "src/MetaServer/NodeLife.cs",
            "LeaseTime = options.ElectionTimeout / LeasesPerTimeout,",
            $"LeaseTime = {PatchedCode.IsOn(Name)} ? options.ElectionTimeout * 10 : options.ElectionTimeout / LeasesPerTimeout,"),
    ];
}
