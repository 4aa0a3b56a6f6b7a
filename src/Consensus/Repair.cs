namespace DfsNet.Consensus;

/// <summary>
/// Whether a node that lost a part of its log has everything again that others may have counted on. Until then it takes entries, and
/// neither votes nor campaigns.
/// <para>
/// Each entry that this node helped to commit stands in the log of every later leader: those were elected with its vote while its log was
/// whole, or by majorities without it. So it needs what the leader of some term has committed, from an entry of that term on, for this lies
/// behind all of them. The leader may still be counting on an acknowledgement that this node gave before its loss; therefore only a commit
/// index counts that was told after the leader had heard this node in its new life. Its vote is kept elsewhere, and is not lost with the
/// log.
/// </para>
/// </summary>
internal sealed class Repair(bool isNeeded)
{
    private ulong _term;
    private ulong _firstRound;
    private ulong _target;

    public bool IsNeeded { get; private set; } = isNeeded;

    /// <summary>A leader spoke.</summary>
    public void Hear(AppendRequest request)
    {
        if (!IsNeeded || request.Round == 0)
        {
            return;
        }

        if (request.Term != _term)
        {
            (_term, _firstRound, _target) = (request.Term, request.Round, 0);
        }
        else if (request.Heard >= _firstRound)
        {
            _target = Math.Max(_target, request.Commit);
        }
    }

    /// <summary>Something more is committed or stored.</summary>
    public void Look(RaftState state)
    {
        bool isWhole = _target != 0 && state.CommitIndex >= _target && state.Log.Stored >= _target
            && state.Log.Window.TermAt(_target) >= _term;
        IsNeeded = IsNeeded && !isWhole;
    }
}
