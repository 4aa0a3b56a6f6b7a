namespace DfsNet.Simulation.Checkers.Linearizability;

/// <summary>
/// The configurations that a search has been in: which operations are placed, and the state after them. Coming to one again on another
/// way leads nowhere new (Lowe's improvement of the search).
/// </summary>
internal sealed class Configurations<TState, TOperation>(ISequentialModel<TState, TOperation> model, int wordsPerSet)
{
    private const int None = -1;

    private readonly Dictionary<ulong, int> _newest = [];
    private readonly List<(TState State, int Older)> _entries = [];
    private readonly List<ulong> _sets = [];

    /// <summary>False: it was here before.</summary>
    public bool TryAdd(ReadOnlySpan<ulong> placed, ulong placedHash, TState state)
    {
        ulong key = placedHash ^ Mixing.Scramble(model.Hash(state));
        int newest = _newest.GetValueOrDefault(key, None);
        for (int i = newest; i != None; i = _entries[i].Older)
        {
            if (SetOf(i).SequenceEqual(placed) && model.AreEqual(_entries[i].State, state))
            {
                return false;
            }
        }

        _newest[key] = _entries.Count;
        _entries.Add((state, newest));
        _sets.AddRange(placed);
        return true;
    }

    private ReadOnlySpan<ulong> SetOf(int entry) =>
        System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_sets).Slice(entry * wordsPerSet, wordsPerSet);
}
