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
        while (!TryCopy(killed, Current))
        {
            await Task.Yield();
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

    // A kill leaves the files of one moment. RocksDB compacts in the background, which replaces files while they are copied: such a copy
    // mixes moments that no kill can leave together, and is made again. Compactions of a few kilobytes end at once.
    private static bool TryCopy(string from, string to)
    {
        if (Directory.Exists(to))
        {
            Directory.Delete(to, recursive: true);
        }

        Directory.CreateDirectory(to);
        try
        {
            var before = Files(from);
            foreach (string name in before.Keys)
            {
                File.Copy(System.IO.Path.Combine(from, name), System.IO.Path.Combine(to, name));
            }

            return before.SequenceEqual(Files(from));
        }
        catch (FileNotFoundException)
        {
            return false;
        }
    }

    /// <summary>Names and lengths; the log for people does not matter.</summary>
    private static SortedDictionary<string, long> Files(string directory) => new(
        new DirectoryInfo(directory).GetFiles().Where(file => file.Name != "LOG").ToDictionary(file => file.Name, file => file.Length),
        StringComparer.Ordinal);

    private RocksDbStateStore Open() =>
        RocksDbStateStore.Open(Current, new RocksDbStateStoreOptions { WriteBufferBytes = 4 << 20, BlockCacheBytes = 4 << 20 });
}
