using DfsNet.Protocol.Wire;

namespace DfsNet.Cli.Output;

/// <summary>One chunk server, and what depends on it, as "admin node" tells it.</summary>
/// <param name="Present">Replicas there that are in the record.</param>
/// <param name="Leaving">Replicas that are being removed.</param>
/// <param name="Needed">Of the present: their chunks have too few good ones elsewhere.</param>
/// <param name="Stuck">Of the present: on volumes that failed or are missing, where nothing can be removed.</param>
/// <param name="Sole">Of the needed: nobody else has a good one.</param>
internal sealed record NodeFacts(ServerFacts Server, ulong Present, ulong Leaving, ulong Needed, ulong NeededBytes, ulong Sole, ulong Stuck)
{
    /// <summary>Nothing depends on it, and nothing is left that could be removed.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public bool IsEmpty => Server.Draining && Needed == 0 && Present == Stuck;

    public static NodeFacts Of(GetServerReply reply) => new(
        ServerFacts.Of(reply.Server), reply.Present, reply.Leaving, reply.Needed, reply.NeededBytes, reply.Sole, reply.Stuck);

    public string Progress() =>
        $"{Quantities.Count((long)Present, "replica")} left, {Needed} of them still needed ({Quantities.Bytes(NeededBytes)} to copy)";

    public string Text() => string.Join(Environment.NewLine, Server.Volumes.Select(volume => volume.ToLine()).Prepend(
        $"""
        server:          {Server.Server} at {Server.Address}, domain {Server.Domain}, version {Server.Version}
        state:           {Server.StateText()}, silent {Server.SilentMs} ms
        replicas:        {Present} present, {Leaving} being removed
        needed:          {Needed} ({Quantities.Bytes(NeededBytes)}) have too few good ones elsewhere, of {Sole} nobody else has one
        """));
}

/// <summary>A chunk server that was taken out.</summary>
internal sealed record RemovalFacts(ulong Removed);

/// <summary>Whether servers may be stopped.</summary>
/// <param name="Lost">Chunks that nobody could read.</param>
/// <param name="Last">Chunks that one more failure would lose.</param>
/// <param name="Writable">Enough servers stay for new chunks.</param>
/// <param name="Checked">Replicas there.</param>
internal sealed record StopFacts(bool Ok, ulong Lost, ulong Last, bool Writable, ulong Checked)
{
    public static StopFacts Of(CheckStopReply reply) =>
        new(reply.Lost == 0 && reply.Writable, reply.Lost, reply.Last, reply.Writable, reply.Checked);

    public string ToLine()
    {
        if (Ok)
        {
            string warning = Last == 0 ? "" : $"; until they are back, one more failure would lose {Quantities.Count((long)Last, "chunk")}";
            return $"yes: everything stays readable and writable{warning}";
        }

        var reasons = new List<string>();
        if (Lost > 0)
        {
            reasons.Add($"{Quantities.Count((long)Lost, "chunk")} could not be read");
        }

        if (!Writable)
        {
            reasons.Add("too few servers would be left for new chunks");
        }

        return $"no: {string.Join(", and ", reasons)}";
    }
}
