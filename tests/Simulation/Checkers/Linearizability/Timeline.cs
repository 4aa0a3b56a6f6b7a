namespace DfsNet.Simulation.Checkers.Linearizability;

/// <summary>
/// The calls and returns of a history in their order, as a linked list from which placed operations are taken out, and into which they are
/// put back in reverse (Knuth's dancing links). Operations are numbered in the order of their calls.
/// </summary>
internal sealed class Timeline<TOperation>
{
    private readonly int[] _next;
    private readonly int[] _previous;

    public Timeline(IReadOnlyList<TimedOperation<TOperation>> history)
    {
        Operations = [.. history.OrderBy(operation => operation.Invoked)];
        int count = Operations.Length;
        var events = new List<(long At, bool IsReturn, int Node)>(2 * count);
        for (int i = 0; i < count; i++)
        {
            events.Add((Operations[i].Invoked, false, i));
            if (!Operations[i].IsOptional)
            {
                // Its place in the list is where everything that was not yet called ends to be a candidate.
                events.Add((Operations[i].Returned, true, count + i));
            }
        }

        // What happens at the same moment may overlap: calls come first.
        events.Sort();
        _next = new int[(2 * count) + 1];
        _previous = new int[(2 * count) + 1];
        int last = Head;
        foreach (var (_, _, node) in events)
        {
            _next[last] = node;
            _previous[node] = last;
            last = node;
        }

        _next[last] = Head;
        _previous[Head] = last;
    }

    public TimedOperation<TOperation>[] Operations { get; }

    private int Head => 2 * Operations.Length;

    /// <summary>The node to begin a walk with.</summary>
    public int First => _next[Head];

    public int After(int node) => _next[node];

    /// <summary>Whether the node is the call of an operation, whose number it is then; otherwise it is a return, or the end.</summary>
    public bool IsCall(int node) => node < Operations.Length;

    public bool IsEnd(int node) => node == Head;

    public void TakeOut(int operation)
    {
        Unlink(operation);
        if (!Operations[operation].IsOptional)
        {
            Unlink(Operations.Length + operation);
        }
    }

    /// <summary>Undoes the last <see cref="TakeOut"/> that is not undone yet.</summary>
    public void PutBack(int operation)
    {
        if (!Operations[operation].IsOptional)
        {
            Link(Operations.Length + operation);
        }

        Link(operation);
    }

    private void Unlink(int node)
    {
        _next[_previous[node]] = _next[node];
        _previous[_next[node]] = _previous[node];
    }

    private void Link(int node)
    {
        _next[_previous[node]] = node;
        _previous[_next[node]] = node;
    }
}
