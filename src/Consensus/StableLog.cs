namespace DfsNet.Consensus;

/// <summary>
/// The log as this node has it: what is in memory, what was handed out to be stored, and what is known to be stored. An entry that took
/// another's place is stored only when it was handed out itself.
/// </summary>
internal sealed class StableLog
{
    private readonly Queue<(ulong Ticket, LogPoint Last)> _tickets = new();
    private readonly MembershipHistory _members;

    public StableLog(Restored restored)
    {
        Window = new EntryWindow(restored.Base, restored.Entries);
        _members = new MembershipHistory(restored.Base.Index, restored.Membership);
        foreach (var entry in restored.Entries)
        {
            _members.Take(entry);
        }

        Stored = HandedOut = Window.Last.Index;
    }

    public EntryWindow Window { get; }

    public Membership Members => _members.Newest;

    public ulong MembersIndex => _members.NewestIndex;

    /// <summary>Has a vote, or had one before changes that may still be superseded.</summary>
    public bool MayVote(MemberId member) => _members.MayVote(member);

    public LogPoint Last => Window.Last;

    /// <summary>Everything up to here is on this node's stable storage.</summary>
    public ulong Stored { get; private set; }

    /// <summary>Everything up to here was handed out to be stored.</summary>
    public ulong HandedOut { get; private set; }

    private bool HasUnstored => Last.Index > Stored;

    public void Append(Entry entry)
    {
        Window.Append(entry);
        _members.Take(entry);
    }

    public void Truncate(ulong from)
    {
        Window.Truncate(from);
        _members.Truncate(from);
        Stored = Math.Min(Stored, from - 1);
        HandedOut = Math.Min(HandedOut, from - 1);
    }

    /// <summary>Entries that nobody was told to store yet; from now on they belong to the ticket.</summary>
    public IReadOnlyList<Entry> HandOut(ulong ticket)
    {
        if (HandedOut >= Last.Index)
        {
            return [];
        }

        var entries = Window.Slice(HandedOut + 1, Last.Index, long.MaxValue);
        HandedOut = Last.Index;
        _tickets.Enqueue((ticket, Last));
        return entries;
    }

    public void NoteStored(ulong ticket)
    {
        while (_tickets.TryPeek(out var next) && next.Ticket <= ticket)
        {
            _tickets.Dequeue();
            if (Window.Has(next.Last))
            {
                Stored = Math.Max(Stored, next.Last.Index);
            }
        }
    }

    /// <summary>What was handed out and is not stored never will be: it is gone.</summary>
    public void ForgetUnstored()
    {
        _tickets.Clear();
        if (HasUnstored)
        {
            Truncate(Stored + 1);
        }
    }

    /// <summary>What is committed and stored cannot be superseded.</summary>
    public void Settle(ulong committed) => _members.Settle(Math.Min(committed, Stored));
}
