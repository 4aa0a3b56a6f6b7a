namespace DfsNet.Consensus;

/// <summary>
/// A leader's rounds of heartbeats: when each was sent, and which reads wait for a majority to answer one that was sent after they came
/// (Ongaro, 6.4). The newest round that a majority answered also gives a lease.
/// </summary>
internal sealed class ReadRounds
{
    private readonly Queue<(ulong Round, TimeSpan At)> _sent = new();
    private readonly List<(ulong Id, ulong Round, ulong Index)> _waiting = [];
    private TimeSpan? _answeredSentAt;

    public ulong Newest { get; private set; }

    public ulong Answered { get; private set; }

    /// <summary>A read waits for a round that has not been sent.</summary>
    public bool IsWanted => _waiting.Count > 0 && _waiting[^1].Round > Newest;

    public void Begin(TimeSpan now)
    {
        Newest++;
        _sent.Enqueue((Newest, now));
    }

    /// <summary>A majority has answered this round.</summary>
    public void Answer(ulong round)
    {
        Answered = Math.Max(Answered, round);
        while (_sent.TryPeek(out var sent) && sent.Round <= Answered)
        {
            _answeredSentAt = sent.At;
            _sent.Dequeue();
        }
    }

    /// <summary>Until when nobody else can lead, when leases last so long; nothing before a majority has answered.</summary>
    public TimeSpan LeaseEnd(TimeSpan length) =>
        _answeredSentAt is { } at && length > TimeSpan.Zero ? at + length : TimeSpan.MinValue;

    /// <summary>A read that may see what is committed at <paramref name="index"/>; its round has yet to be sent.</summary>
    public void Wait(ulong id, ulong index) => _waiting.Add((id, Newest + 1, index));

    /// <summary>Reads whose round was answered.</summary>
    public IEnumerable<ReadReady> TakeReady()
    {
        int ready = _waiting.FindIndex(read => read.Round > Answered);
        var taken = _waiting.Take(ready < 0 ? _waiting.Count : ready).Select(read => new ReadReady(read.Id, read.Index)).ToList();
        _waiting.RemoveRange(0, taken.Count);
        return taken;
    }

    public IReadOnlyList<ulong> TakeAll()
    {
        var lost = _waiting.Select(read => read.Id).ToList();
        _waiting.Clear();
        return lost;
    }
}
