using System.Buffers.Binary;
using System.Globalization;
using DfsNet.MetaServer.Store;

namespace DfsNet.MetaServer.Tests.Store;

/// <summary>A process that writes to RocksDB is killed again and again, at moments nobody chose.</summary>
public class KilledStoreTests
{
    [Fact]
    public async Task After_kill_9_the_files_hold_one_whole_state_not_older_than_the_last_flush()
    {
        var directory = Directory.CreateTempSubdirectory("dfs-store-");
        var random = new Random(1);
        for (int round = 0; round < 3; round++)
        {
            ulong flushed = 0;
            using (var child = StoreChild.Start(directory.FullName))
            {
                for (int lines = random.Next(2, 12); lines > 0; lines--)
                {
                    string? line = await child.StandardOutput.ReadLineAsync();
                    flushed = ulong.Parse(line!, CultureInfo.InvariantCulture);
                }

                child.Kill();
                await child.WaitForExitAsync();
                string rest = await child.StandardOutput.ReadToEndAsync();
                flushed = rest.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(ulong.Parse).Append(flushed).Max();
            }

            await using var store = RocksDbStateStore.Open(directory.FullName, new RocksDbStateStoreOptions());
            Assert.True(store.AppliedIndex >= flushed, $"flushed {flushed}, found {store.AppliedIndex}");
            for (int i = 0; i < StoreChild.Keys; i++)
            {
                Assert.Equal(store.AppliedIndex, BinaryPrimitives.ReadUInt64BigEndian(store.Get(StoreChild.Key(i))));
            }
        }

        directory.Delete(recursive: true);
    }
}
