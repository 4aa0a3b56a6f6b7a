using System.Globalization;

namespace DfsNet.MetaServer.Store;

/// <summary>Stores in RocksDB, in a data directory: store, store-1, store-2, …</summary>
public sealed class RocksDbStateStores(string data, RocksDbStateStoreOptions options) : IStateStores
{
    private const string Name = "store";

    public async ValueTask<IStateStore> OpenAsync(uint number) =>
        await Task.Run(() => RocksDbStateStore.Open(PathOf(number), options)).ConfigureAwait(false);

#pragma warning disable RS0030 // RocksDB does the I/O of its files itself; what it left behind is removed beside it
    public ValueTask RemoveOthersAsync(uint kept) => new(Task.Run(() =>
    {
        string keptPath = PathOf(kept);
        foreach (string path in Directory.EnumerateDirectories(data, Name + "*").Where(path => path != keptPath).ToList())
        {
            Directory.Delete(path, recursive: true);
        }
    }));

    public ValueTask RemoveAsync(uint number) => new(Task.Run(() =>
    {
        if (Directory.Exists(PathOf(number)))
        {
            Directory.Delete(PathOf(number), recursive: true);
        }
    }));

#pragma warning restore RS0030

    private string PathOf(uint number) =>
        Path.Combine(data, number == 0 ? Name : string.Create(CultureInfo.InvariantCulture, $"{Name}-{number}"));
}
