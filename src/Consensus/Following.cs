namespace DfsNet.Consensus;

/// <summary>What a follower does with its leader's entries: takes those that continue its log, and says where the logs agree.</summary>
internal sealed class Following(RaftState state)
{
    public void Take(AppendRequest request)
    {
        state.Repair.Hear(request);
        ulong end = request.Previous.Index + (ulong)request.Entries.Count;
        if (!IsSound(request))
        {
            return;
        }

        if (request.Previous.Index < state.Log.Window.Base.Index)
        {
            // What is before the window is committed: logs agree there.
            Accept(request, Math.Min(end, TakeEntries(request) ? end : state.Log.Window.Base.Index));
        }
        else if (!state.Log.Window.Has(request.Previous))
        {
            Reply(request, isAccepted: false, request.Previous.Index, FindHint(request.Previous));
        }
        else if (TakeEntries(request))
        {
            Accept(request, end);
        }
    }

    private static bool IsSound(AppendRequest request)
    {
        ulong index = request.Previous.Index;
        ulong term = request.Previous.Term;
        foreach (var entry in request.Entries)
        {
            bool follows = entry.Point.Index == ++index && entry.Point.Term >= term && entry.Point.Term <= request.Term;
            bool isReadable = entry.Kind != EntryKind.Membership || Membership.TryDecode(entry.Body.Span) is not null;
            if (!follows || !isReadable)
            {
                return false;
            }

            term = entry.Point.Term;
        }

        return true;
    }

    /// <summary>False when the entries contradict what is committed here: nonsense, which is not answered.</summary>
    private bool TakeEntries(AppendRequest request)
    {
        foreach (var entry in request.Entries)
        {
            if (entry.Point.Index <= state.Log.Window.Base.Index || state.Log.Window.Has(entry.Point))
            {
                continue;
            }

            if (entry.Point.Index <= state.CommitIndex)
            {
                return false;
            }

            if (entry.Point.Index <= state.Log.Last.Index)
            {
                state.Log.Truncate(entry.Point.Index);
            }

            state.Log.Append(entry);
        }

        return true;
    }

    private void Accept(AppendRequest request, ulong match)
    {
        state.Commit(Math.Min(request.Commit, match));
        Reply(request, isAccepted: true, match, state.Log.Last);
    }

    /// <summary>The newest point of this log that is not behind the leader's in index or term.</summary>
    private LogPoint FindHint(LogPoint previous)
    {
        var window = state.Log.Window;
        ulong index = Math.Min(previous.Index, state.Log.Last.Index);
        while (index > window.Base.Index && (window.TermAt(index) > previous.Term || index == previous.Index))
        {
            index--;
        }

        return new LogPoint(window.TermAt(index) ?? window.Base.Term, index);
    }

    private void Reply(AppendRequest request, bool isAccepted, ulong match, LogPoint hint) => state.Send(new AppendReply(
        state.Self, request.From, state.Term, isAccepted, match, hint, request.Round, state.Repair.IsNeeded));
}
