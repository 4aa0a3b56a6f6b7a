namespace DfsNet.Client.Metadata;

/// <summary>Which metadata node is asked: stays with one that answers, follows hints, goes round the list otherwise.</summary>
internal sealed class LeaderChoice(IReadOnlyList<string> addresses)
{
    // Guards _current and _index.
    private readonly Lock _gate = new();
    private int _index;
    private string _current = addresses[0];

    public string Current
    {
        get
        {
            lock (_gate) // guards _current
            {
                return _current;
            }
        }
    }

    /// <summary>
    /// <paramref name="failed"/> did not serve a call. The first of several calls that failed there moves on; the others follow it.
    /// </summary>
    /// <returns>Whether a hint led to another node, which is then asked without a pause.</returns>
    public bool MoveOn(string failed, string hint)
    {
        lock (_gate) // guards _current and _index
        {
            if (_current != failed)
            {
                return false;
            }

            if (hint.Length != 0 && hint != failed && ServerAddressText.IsValid(hint))
            {
                _current = hint;
                return true;
            }

            _index = (_index + 1) % addresses.Count;
            _current = addresses[_index];
            return false;
        }
    }
}
