using DfsNet.Protocol.Wire;

namespace DfsNet.Cli.Output;

/// <summary>What is missing, and how it is coming back.</summary>
/// <param name="Endangered">Chunks that one more failure would lose.</param>
/// <param name="MissingBytes">To be copied until everything has its replicas.</param>
/// <param name="SecondsLeft">At this rate; null: nobody can say.</param>
/// <param name="Held">Why less is done than is missing; empty: nothing is held back.</param>
/// <param name="DeadlineSeconds">Until the operator's deadline; 0: there is none, or it has passed.</param>
internal sealed record RepairFacts(
    ulong Endangered,
    ulong EndangeredBytes,
    ulong MissingBytes,
    ulong Queued,
    ulong Running,
    ulong BytesPerSecond,
    ulong Copies,
    ulong CopiedBytes,
    ulong? SecondsLeft,
    string Held,
    ulong DeadlineSeconds,
    bool Hurried,
    bool Overdue)
{
    public static RepairFacts Of(RepairStatus? status) => status is null
        ? new RepairFacts(0, 0, 0, 0, 0, 0, 0, 0, null, "", 0, false, false)
        : new RepairFacts(
            status.Endangered,
            status.EndangeredBytes,
            status.MissingBytes,
            status.Queued,
            status.Running,
            status.BytesPerSecond,
            status.Copies,
            status.CopiedBytes,
            status.SecondsLeft == ulong.MaxValue ? null : status.SecondsLeft,
            status.Held,
            status.DeadlineSeconds,
            status.Hurried,
            status.Overdue);

    public IEnumerable<string> Lines()
    {
        if (MissingBytes == 0)
        {
            yield return "redundancy:      full";
            yield break;
        }

        string left = SecondsLeft is { } seconds
            ? $"full in {Quantities.Time(TimeSpan.FromSeconds(seconds))}"
            : "nobody can say when it is full";
        yield return $"redundancy:      {Quantities.Bytes(MissingBytes)} of copies are missing, {left}";
        if (Endangered > 0)
        {
            yield return $"                 {Quantities.Bytes(EndangeredBytes)} in {Quantities.Count((long)Endangered, "chunk")} "
                + "would be lost by one more failure";
        }

        yield return $"repair:          {Running} copies under way, {Queued} chunks wait, {Quantities.Bytes(BytesPerSecond)}/s"
            + (Hurried ? ", at full speed to meet the deadline" : "")
            + (Overdue ? ", the deadline has passed"
                : DeadlineSeconds > 0 ? $", deadline in {Quantities.Time(TimeSpan.FromSeconds(DeadlineSeconds))}"
                : "");
        if (Held.Length > 0)
        {
            yield return $"                 held: {Held}";
        }
    }
}

/// <summary>How full the servers are against each other: shares of 1.</summary>
/// <param name="Asked">An operator wants it even, and it is not yet.</param>
/// <param name="Moves">Since the leader began.</param>
/// <param name="BytesLeft">To be moved until all are near the mean.</param>
internal sealed record BalanceFacts(
    bool Stopped, bool Asked, double MeanFill, double LeastFill, double MostFill, ulong Moves, ulong Running, ulong BytesLeft)
{
    public static BalanceFacts Of(BalanceStatus? status) => status is null
        ? new BalanceFacts(false, false, 0, 0, 0, 0, 0, 0)
        : new BalanceFacts(
            status.Stopped,
            status.Asked,
            status.MeanFill,
            status.LeastFill,
            status.MostFill,
            status.Moves,
            status.Running,
            status.BytesLeft);

    public string ToLine() => string.Create(
        System.Globalization.CultureInfo.InvariantCulture,
        $"{MeanFill:P1} full on average, {LeastFill:P1} to {MostFill:P1}")
        + (Stopped ? ", stopped by an operator"
            : BytesLeft + Running > 0
                ? $", {Quantities.Bytes(BytesLeft)} to be moved, {Quantities.Count((long)Running, "move")} under way, {Moves} done"
                : ", balanced");
}

/// <summary>One thing that happened.</summary>
internal sealed record EventFacts(ulong Number, DateTimeOffset Time, string Text);

/// <summary>What a check of all files found.</summary>
/// <param name="Unreadable">Chunks that nobody has.</param>
internal sealed record CheckFacts(ulong Chunks, ulong UnderReplicated, ulong Unreadable, IReadOnlyList<HurtFileFacts> Files);

/// <summary>A file that misses bytes.</summary>
internal sealed record HurtFileFacts(string Path, ulong Inode, ulong Length, ulong LostBytes, IReadOnlyList<ulong> Chunks);

/// <summary>A round of scrubbing that was asked for.</summary>
/// <param name="Request">Volumes show it when their round answers it.</param>
internal sealed record ScrubFacts(ulong Request, IReadOnlyList<ServerFacts> Servers);
