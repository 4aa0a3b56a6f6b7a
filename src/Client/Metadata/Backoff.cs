namespace DfsNet.Client.Metadata;

/// <summary>
/// Pauses between attempts: they double up to a bound, and each is drawn between half and all of it, so that clients spread out.
/// </summary>
internal sealed class Backoff(Jitter jitter)
{
    // The first pause is about a round trip and a flush; the longest keeps a returning leader from waiting long for its clients.
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(250);

    private TimeSpan _next = First;

    public TimeSpan Next()
    {
        var pause = _next * (0.5 + (jitter.Draw() / 2));
        _next = TimeSpan.FromTicks(Math.Min(_next.Ticks * 2, Longest.Ticks));
        return pause;
    }
}

/// <summary>The injected randomness, shared by concurrent calls.</summary>
internal sealed class Jitter(Random random)
{
    // Guards random, which is not safe for concurrent use.
    private readonly Lock _gate = new();

    /// <summary>A number in [0, 1).</summary>
    public double Draw()
    {
        lock (_gate) // guards random
        {
            return random.NextDouble();
        }
    }

    /// <summary>A number that is not 0, for nonces.</summary>
    public ulong DrawNonce()
    {
        lock (_gate) // guards random
        {
            return (ulong)random.NextInt64(1, long.MaxValue);
        }
    }
}
