using System.Buffers.Binary;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using DfsNet.MetaServer.Store;

namespace DfsNet.MetaServer.Tests.Store;

/// <summary>
/// The same executable as a second process, which writes to a store until it is killed: batch n gives each of a hundred keys the value n.
/// </summary>
internal static class StoreChild
{
    public const int Keys = 100;

    // Set for the child alone: its directory.
    private const string Variable = "DFS_STORE_CHILD";

    public static Process Start(string directory)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true, UseShellExecute = false };
        if (System.IO.Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
        {
            start.ArgumentList.Add(typeof(StoreChild).Assembly.Location);
        }

        start.Environment[Variable] = directory;
        return Process.Start(start)!;
    }

    public static byte[] Key(int number) => [1, (byte)number];

    // Before the test runner's own Main: the child never comes that far.
#pragma warning disable CA2255 // A test executable, not a library: there is no other place before Main.
    [ModuleInitializer]
#pragma warning restore CA2255
    public static void RunAsChild()
    {
        if (Environment.GetEnvironmentVariable(Variable) is { } directory)
        {
            WriteForEver(directory);
        }
    }

    private static void WriteForEver(string directory)
    {
        var options = new RocksDbStateStoreOptions { WriteBufferBytes = 4 << 20, BlockCacheBytes = 4 << 20 };
        var store = RocksDbStateStore.Open(directory, options);
        for (ulong index = store.AppliedIndex + 1; ; index++)
        {
            byte[] value = new byte[1_000];
            BinaryPrimitives.WriteUInt64BigEndian(value, index);
            store.Apply(index, Enumerable.Range(0, Keys).Select(i => new KeyValuePair<byte[], byte[]?>(Key(i), value)).ToList());
            if (index % 16 == 0)
            {
                Console.Out.WriteLine(store.FlushAsync().AsTask().GetAwaiter().GetResult());
                Console.Out.Flush();
            }
        }
    }
}
