namespace DfsNet.Simulation.Time;

/// <summary>Folds what happens into one number (FNV-1a over 64-bit words): two runs that differ anywhere differ here.</summary>
internal sealed class TraceHash
{
    private const ulong Prime = 0x0000_0100_0000_01b3;

    /// <summary>Hears every note as text while somebody wants to read the run (--trace).</summary>
    public Action<string>? Listener { get; set; }

    public ulong Value { get; private set; } = 0xcbf2_9ce4_8422_2325;

    public void Add(long word)
    {
        Value = (Value ^ (ulong)word) * Prime;
        Value ^= Value >> 29;
    }

    public void Add(string text)
    {
        foreach (char letter in text)
        {
            Add(letter);
        }
    }

    /// <summary>A line for people; costs nothing while nobody reads.</summary>
    public void Note(long now, string line) => Listener?.Invoke($"{new TimeSpan(now).TotalSeconds,10:F6} {line}");
}
