namespace DfsNet.Simulation.Sabotage;

/// <summary>A piece of a source file and what stands there instead in the copy.</summary>
internal sealed record Replacement(string Path, string Old, string New)
{
    /// <summary>Throws when the source has moved on: the piece has to be there exactly once.</summary>
    public string Apply(string source)
    {
        int at = source.IndexOf(Old, StringComparison.Ordinal);
        if (at < 0 || source.IndexOf(Old, at + 1, StringComparison.Ordinal) >= 0)
        {
            throw new SabotageException($"{Path} has {(at < 0 ? "no" : "more than one")} place like this:\n{Old}");
        }

        return string.Concat(source.AsSpan(0, at), New, source.AsSpan(at + Old.Length));
    }
}
