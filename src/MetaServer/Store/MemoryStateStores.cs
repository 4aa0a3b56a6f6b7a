namespace DfsNet.MetaServer.Store;

/// <summary>The stores of simulation and unit tests; they survive what opened them.</summary>
/// <param name="open">Stands between a store and its user; by default nothing does.</param>
public sealed class MemoryStateStores(Func<MemoryStateStore, IStateStore>? open = null) : IStateStores
{
    private readonly SortedDictionary<uint, MemoryStateStore> _stores = [];
    private MemoryStateStore _present = new();

    /// <summary>The store that counts: the last one that was kept or opened first.</summary>
    public MemoryStateStore Present => _present;

    public ValueTask<IStateStore> OpenAsync(uint number)
    {
        if (!_stores.TryGetValue(number, out var store))
        {
            store = _stores.Count == 0 ? _present : new MemoryStateStore();
            _stores.Add(number, store);
        }

        return ValueTask.FromResult(open?.Invoke(store) ?? store);
    }

    public ValueTask RemoveOthersAsync(uint kept)
    {
        foreach (uint other in _stores.Keys.Where(number => number != kept).ToList())
        {
            _stores.Remove(other);
        }

        _present = _stores.GetValueOrDefault(kept, _present);
        return ValueTask.CompletedTask;
    }

    public ValueTask RemoveAsync(uint number)
    {
        _stores.Remove(number);
        return ValueTask.CompletedTask;
    }

    /// <summary>All of them are gone.</summary>
    public void Lose()
    {
        _stores.Clear();
        _present = new MemoryStateStore();
    }
}
