using DfsNet.Integrity;

namespace DfsNet.Consensus;

/// <summary>
/// The members by the entry that says so: the newest one in the log counts, committed or not (Ongaro, 4.1), and an older one again when
/// that entry is superseded.
/// </summary>
internal sealed class MembershipHistory
{
    private readonly List<(ulong Index, Membership Members)> _known;

    public MembershipHistory(ulong index, Membership members) => _known = [(index, members)];

    public Membership Newest => _known[^1].Members;

    public ulong NewestIndex => _known[^1].Index;

    public void Take(Entry entry)
    {
        if (entry.Kind == EntryKind.Membership)
        {
            var members = Membership.TryDecode(entry.Body.Span);
            Invariant.Require(members is not null, "a membership in the log can be read");
            _known.Add((entry.Point.Index, members));
        }
    }

    /// <summary>The entries at and above an index are superseded.</summary>
    public void Truncate(ulong from) => _known.RemoveAll(known => known.Index >= from && known.Index != 0);

    public bool MayVote(MemberId member) => _known.Any(known => known.Members.IsVoter(member));

    /// <summary>Forgets what counted before an entry that cannot be superseded any more.</summary>
    public void Settle(ulong index)
    {
        int newest = _known.FindLastIndex(known => known.Index <= index);
        if (newest > 0)
        {
            _known.RemoveRange(0, newest);
        }
    }
}
