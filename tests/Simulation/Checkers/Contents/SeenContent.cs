namespace DfsNet.Simulation.Checkers.Contents;

/// <summary>What somebody read who read a whole file: enough to tell whether it was a certain content.</summary>
/// <param name="Content">The content it must have been. Too few bytes of a pattern do not tell their number: it is 0 then.</param>
/// <param name="Head">The first bytes, when they are too few to tell.</param>
/// <param name="Damage">Why no content gives these bytes; empty when one does.</param>
internal sealed record SeenContent(FileContent Content, ulong Head, string Damage)
{
    /// <summary>Finds out what the bytes of a file are.</summary>
    public static SeenContent Of(ReadOnlySpan<byte> bytes, Func<int, string?> nameOf)
    {
        int kept = bytes.IndexOf((byte)0);
        kept = kept < 0 ? bytes.Length : kept;
        bool isRestZero = bytes[kept..].IndexOfAnyExcept((byte)0) < 0;
        if (kept < Pattern.CellBytes)
        {
            var few = new SeenContent(new FileContent(0, kept, bytes.Length), HeadOf(bytes[..kept]), "");
            return isRestZero ? few : few with { Damage = $"torn: {Pattern.Describe(0, bytes, nameOf)}" };
        }

        int pattern = Pattern.Identify(bytes).Number;
        bool isWhole = isRestZero && Pattern.CountMatching(pattern, 0, bytes[..kept]) == kept;
        var content = new FileContent(pattern, kept, bytes.Length);
        return new SeenContent(content, 0, isWhole ? "" : $"torn: {Pattern.Describe(0, bytes, nameOf)}");
    }

    public bool Is(FileContent content)
    {
        if (Damage.Length != 0 || content.Length != Content.Length || content.Kept != Content.Kept)
        {
            return false;
        }

        if (Content.Kept >= Pattern.CellBytes)
        {
            return content.Pattern == Content.Pattern;
        }

        Span<byte> expected = stackalloc byte[(int)content.Kept];
        Pattern.Fill(content.Pattern, 0, expected);
        return HeadOf(expected) == Head;
    }

    public override string ToString() =>
        Damage.Length != 0 ? Damage : Content.Kept < Pattern.CellBytes ? $"{Head:x} then zeros, {Content.Length} bytes" : $"{Content}";

    private static ulong HeadOf(ReadOnlySpan<byte> few)
    {
        ulong head = 0;
        foreach (byte value in few)
        {
            head = (head << 8) | value;
        }

        return head;
    }
}
