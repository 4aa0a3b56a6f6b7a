namespace DfsNet.Consensus.Tests.Model;

/// <summary>What a model node has on stable storage: its ballot, its log, and its state as of the last flush.</summary>
internal sealed class ModelDisk
{
    private readonly List<Entry> _log = [];
    private LogPoint _base;

    public ModelDisk(ModelState founding)
    {
        State = founding;
        _base = founding.Applied;
    }

    public Ballot Ballot { get; set; }

    public ModelState State { get; private set; }

    public bool IsImpaired { get; set; }

    public int LogLength => _log.Count;

    /// <summary>The first entry supersedes whatever stands at its index and above.</summary>
    public void Append(IEnumerable<Entry> entries)
    {
        foreach (var entry in entries)
        {
            int place = (int)(entry.Point.Index - _base.Index) - 1;
            if (place < 0 || place > _log.Count)
            {
                throw new ModelException($"entry {entry.Point} does not continue the log of {_log.Count} entries behind {_base}");
            }

            _log.RemoveRange(place, _log.Count - place);
            _log.Add(entry);
        }
    }

    /// <summary>Stores the state, and cuts the log below it, but for so many entries.</summary>
    public void Flush(ModelState state, int kept)
    {
        State = state;
        int cut = (int)(state.Applied.Index - _base.Index) - kept;
        if (cut > 0)
        {
            _base = _log[cut - 1].Point;
            _log.RemoveRange(0, cut);
        }
    }

    /// <summary>A snapshot takes the place of state and log.</summary>
    public void Install(ModelState snapshot)
    {
        State = snapshot;
        _base = snapshot.Applied;
        _log.Clear();
    }

    /// <summary>A part of the log is damaged: it is laid aside, and begins anew behind what the state holds.</summary>
    public void LoseLog()
    {
        _base = State.Applied;
        _log.Clear();
        IsImpaired = true;
    }

    public Restored Restore() => new()
    {
        Ballot = Ballot,
        Base = _base,
        Membership = State.Members,
        AppliedIndex = State.Applied.Index,
        Entries = [.. _log],
        IsImpaired = IsImpaired,
    };
}
