namespace DfsNet.MetaServer.Store;

/// <summary>
/// The stores in one data directory, by number: the one that counts, and for a while one that a snapshot is fetched into. Which one counts
/// stands in the directory's identity.
/// </summary>
public interface IStateStores
{
    /// <summary>Opens a store, an empty one where there is none of this number. One is open at a time under a number.</summary>
    ValueTask<IStateStore> OpenAsync(uint number);

    /// <summary>Removes all stores but one; none of them is open.</summary>
    ValueTask RemoveOthersAsync(uint kept);

    /// <summary>Removes one, if it is there.</summary>
    ValueTask RemoveAsync(uint number);
}
