namespace DfsNet.Cli.Drills;

/// <summary>What went wrong for those who used the file system.</summary>
internal sealed class DrillTrouble
{
    private const int SaidMax = 5;

    // Guards all fields: several users note, one reads.
    private readonly Lock _lock = new();
    private readonly List<string> _said = [];
    private long _failed;
    private long _wrong;

    public void NoteFailure(string message)
    {
        lock (_lock)
        {
            _failed++;
            if (_said.Count < SaidMax)
            {
                _said.Add(message);
            }
        }
    }

    public void NoteWrong(long bytes)
    {
        lock (_lock)
        {
            _wrong += bytes;
        }
    }

    /// <summary>Operations that ended in an error, wrong bytes that were read, and what the first errors said; begins anew.</summary>
    public (long Failed, long Wrong, IReadOnlyList<string> Said) Take()
    {
        lock (_lock)
        {
            var taken = (_failed, _wrong, (IReadOnlyList<string>)[.. _said]);
            (_failed, _wrong) = (0, 0);
            _said.Clear();
            return taken;
        }
    }
}
