using DfsNet.MetaServer.Store;

namespace DfsNet.MetaServer.Tests.Store;

/// <summary>One store of either kind, with the crash that belongs to it.</summary>
internal sealed class StoreUnderTest : IAsyncDisposable
{
    private readonly DirectoryInfo? _directory;
    private int _generation;

    public StoreUnderTest(string kind)
    {
        _directory = kind == "RocksDB" ? Directory.CreateTempSubdirectory("dfs-store-") : null;
        Store = _directory is null ? new MemoryStateStore() : Open();
    }

    public IStateStore Store { get; private set; }

    /// <summary>
    /// What a kill -9 leaves. RocksDB: a copy of the files as they are now, without closing anything, opened again.
    /// </summary>
    public async Task CrashAsync(Random random)
    {
        if (Store is MemoryStateStore memory)
        {
            memory.Crash(random);
            return;
        }

        string killed = Current;
        _generation++;
        var copy = Directory.CreateDirectory(Current);
        foreach (string file in Directory.EnumerateFiles(killed))
        {
            File.Copy(file, System.IO.Path.Combine(copy.FullName, System.IO.Path.GetFileName(file)));
        }

        await Store.DisposeAsync();
        Store = Open();
    }

    /// <summary>Closes and opens again, without a flush.</summary>
    public async Task ReopenAsync()
    {
        await Store.DisposeAsync();
        Store = _directory is null ? Store : Open();
    }

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        _directory?.Delete(recursive: true);
    }

    private string Current => System.IO.Path.Combine(_directory!.FullName, _generation.ToString("d4"));

    private RocksDbStateStore Open() =>
        RocksDbStateStore.Open(Current, new RocksDbStateStoreOptions { WriteBufferBytes = 4 << 20, BlockCacheBytes = 4 << 20 });
}
