namespace DfsNet.Simulation.Sabotage;

/// <summary>A metadata server answers its leader before its log is flushed.</summary>
internal sealed class AcknowledgeEntriesBeforeFlush : ISabotage
{
    public string Name => "acknowledge entries before flush";

    public string Breaks => "an entry counts where it is on stable storage";

    public IReadOnlyList<string> Faults => ["power cut of all"];

    public IReadOnlyList<string> Workloads => ["small file storms", "namespace churn"];

    public int MetaServers => 3;

    public KnownCatch Known => new(89, "small file storms");

    public IReadOnlyList<Replacement> Replacements =>
    [
        new(
            "src/MetaServer/Replication/StorePipe.cs",
            "        Interlocked.Increment(ref _waiting);\n",
            $$"""
                    if ({{PatchedCode.IsOn(Name)}})
                    {
                        foreach (var message in output.Messages)
                        {
                            send(message);
                        }

                        if (stores)
                        {
                            stored(output.Ticket);
                        }
                    }

                    Interlocked.Increment(ref _waiting);

            """),
    ];
}
