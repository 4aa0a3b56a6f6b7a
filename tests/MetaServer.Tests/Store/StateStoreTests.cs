using System.Text;
using CsCheck;
using DfsNet.Protocol.Wire;
using Pair = System.Collections.Generic.KeyValuePair<byte[], byte[]?>;

namespace DfsNet.MetaServer.Tests.Store;

/// <summary>What every state store must do; the state machine relies on nothing else.</summary>
public class StateStoreTests
{
    public static TheoryData<string> Kinds => ["memory", "RocksDB"];

    [Theory, MemberData(nameof(Kinds))]
    public async Task A_batch_is_seen_whole_with_its_index(string kind)
    {
        await using var test = new StoreUnderTest(kind);
        Assert.Equal(0ul, test.Store.AppliedIndex);
        test.Store.Apply(5, [Put("a", "1"), Put("b", "2")]);
        test.Store.Apply(6, [Put("a", "3"), Delete("b"), Delete("never there")]);
        Assert.Equal("3", Text(test.Store.Get(Key("a"))));
        Assert.Null(test.Store.Get(Key("b")));
        Assert.Equal(6ul, test.Store.AppliedIndex);
        test.Store.Apply(7, []);
        Assert.Equal(7ul, test.Store.AppliedIndex);
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task Scans_go_in_order_of_unsigned_bytes_within_their_bounds(string kind)
    {
        await using var test = new StoreUnderTest(kind);
        byte[][] keys = [[1], [1, 0], [1, 0, 0], [1, 127], [1, 128], [1, 255], [2], [255]];
        test.Store.Apply(1, keys.Reverse().Select(key => new Pair(key, key)).ToList());
        Assert.Equal(keys, test.Store.Scan([1], [255, 0]).Select(pair => pair.Key));
        Assert.Equal(keys[1..5], test.Store.Scan([1, 0], [1, 129]).Select(pair => pair.Key));
        Assert.Equal(keys[1..5].Reverse(), test.Store.ScanBack([1, 0], [1, 129]).Select(pair => pair.Key));
        Assert.Equal(keys[0..5].Reverse(), test.Store.ScanBack([1], [1, 255]).Select(pair => pair.Key));
        Assert.Empty(test.Store.Scan([3], [4]));
        Assert.Empty(test.Store.ScanBack([3], [4]));
        Assert.Empty(test.Store.ScanBack([1], [1]));
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task A_snapshot_and_a_scan_stay_as_they_began(string kind)
    {
        await using var test = new StoreUnderTest(kind);
        test.Store.Apply(1, [Put("a", "1"), Put("b", "1")]);
        using var snapshot = test.Store.OpenSnapshot();
        using var scan = test.Store.Scan([1], [255]).GetEnumerator();
        Assert.True(scan.MoveNext());
        test.Store.Apply(2, [Put("a", "2"), Delete("b"), Put("c", "2")]);
        Assert.True(scan.MoveNext());
        Assert.Equal(Key("b"), scan.Current.Key);
        Assert.False(scan.MoveNext());
        Assert.Equal((1ul, 2ul), (snapshot.AppliedIndex, test.Store.AppliedIndex));
        Assert.Equal("1", Text(snapshot.Get(Key("a"))));
        Assert.Null(snapshot.Get(Key("c")));
        Assert.Equal([Key("a"), Key("b")], snapshot.Scan([1], [255]).Select(pair => pair.Key));
        Assert.Equal([Key("b"), Key("a")], snapshot.ScanBack([1], [255]).Select(pair => pair.Key));
        Assert.Equal([Key("a"), Key("c")], test.Store.Scan([1], [255]).Select(pair => pair.Key));
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task A_flush_says_what_a_crash_cannot_take(string kind)
    {
        await using var test = new StoreUnderTest(kind);
        Assert.Equal(0ul, await test.Store.FlushAsync());
        test.Store.Apply(1, [Put("a", "1")]);
        test.Store.Apply(2, [Put("b", "2")]);
        Assert.Equal(2ul, await test.Store.FlushAsync());
        Assert.Equal(2ul, await test.Store.FlushAsync());
        test.Store.Apply(3, [Put("b", "3")]);
        await test.CrashAsync(new Random(1));
        Assert.InRange(test.Store.AppliedIndex, 2ul, 3ul);
        Assert.Equal(test.Store.AppliedIndex == 3 ? "3" : "2", Text(test.Store.Get(Key("b"))));
        Assert.Equal("1", Text(test.Store.Get(Key("a"))));
    }

    [Fact]
    public async Task RocksDB_reads_the_flushed_index_from_its_files_and_not_from_memory()
    {
        await using var test = new StoreUnderTest("RocksDB");
        test.Store.Apply(1, [Put("a", "1")]);
        await test.Store.FlushAsync();
        test.Store.Apply(2, [Put("a", "2")]);
        await test.CrashAsync(new Random(1));
        Assert.Equal(1ul, test.Store.AppliedIndex);
        await test.ReopenAsync();
        Assert.Equal(1ul, test.Store.AppliedIndex);
        Assert.Equal(1ul, await test.Store.FlushAsync());
    }

    [Fact]
    public async Task A_second_process_cannot_open_the_same_directory()
    {
        var directory = Directory.CreateTempSubdirectory("dfs-store-");
        await using (MetaServer.Store.RocksDbStateStore.Open(directory.FullName, new()))
        {
            var error = Assert.Throws<DfsException>(() => MetaServer.Store.RocksDbStateStore.Open(directory.FullName, new()));
            Assert.Equal(Protocol.Wire.ErrorCode.Refused, error.Code);
        }

        directory.Delete(recursive: true);
    }

    [Fact]
    public async Task Closing_waits_for_snapshots()
    {
        await using var test = new StoreUnderTest("RocksDB");
        test.Store.Apply(1, [Put("a", "1")]);
        var snapshot = test.Store.OpenSnapshot();
        var closing = test.Store.DisposeAsync().AsTask();
        Assert.Equal("1", Text(snapshot.Get(Key("a"))));
        Assert.False(closing.IsCompleted);
        Assert.Equal(ErrorCode.Unavailable, Assert.Throws<DfsException>(test.Store.OpenSnapshot).Code);
        snapshot.Dispose();
        snapshot.Dispose();
        await closing;
        await test.ReopenAsync();
    }

    [Theory, MemberData(nameof(Kinds))]
    public Task After_any_crash_the_store_holds_the_state_of_one_index(string kind)
    {
        var key = Gen.Byte[1, 4].Array[1, 3];
        var batch = Gen.Select(key, Gen.Byte.Array[0, 40].Null()).Array[0, 8];
        var step = Gen.Select(batch, Gen.Int[0, 9], Gen.Int);
        return step.Array[1, 25].SampleAsync(
            async steps =>
            {
                await using var test = new StoreUnderTest(kind);
                var history = new List<SortedDictionary<string, string>> { new(StringComparer.Ordinal) };
                int flushed = 0;
                foreach (var (changes, act, seed) in steps)
                {
                    history.Add(Change(history[^1], changes));
                    test.Store.Apply((ulong)history.Count - 1, Distinct(changes));
                    Compare(history[^1], test);
                    if (act == 0)
                    {
                        flushed = (int)await test.Store.FlushAsync();
                        Assert.Equal(history.Count - 1, flushed);
                    }

                    if (act == 1)
                    {
                        await test.CrashAsync(new Random(seed));
                        Assert.InRange((int)test.Store.AppliedIndex, flushed, history.Count - 1);
                        history.RemoveRange((int)test.Store.AppliedIndex + 1, history.Count - 1 - (int)test.Store.AppliedIndex);
                        Compare(history[^1], test);
                    }
                }
            },
            iter: kind == "memory" ? 200 : 10,
            threads: 1);
    }

    private static void Compare(SortedDictionary<string, string> expected, StoreUnderTest test)
    {
        Assert.Equal(expected, Texts(test.Store.Scan([1], [255])));
        Assert.Equal(expected.Reverse(), Texts(test.Store.ScanBack([1], [255])));
        foreach (var (key, value) in expected)
        {
            Assert.Equal(value, Convert.ToHexString(test.Store.Get(Convert.FromHexString(key))!));
        }
    }

    private static IEnumerable<KeyValuePair<string, string>> Texts(IEnumerable<KeyValuePair<byte[], byte[]>> pairs) =>
        pairs.Select(pair => KeyValuePair.Create(Convert.ToHexString(pair.Key), Convert.ToHexString(pair.Value)));

    private static SortedDictionary<string, string> Change(SortedDictionary<string, string> before, (byte[] Key, byte[]? Value)[] changes)
    {
        var after = new SortedDictionary<string, string>(before, StringComparer.Ordinal);
        foreach (var (key, value) in Distinct(changes))
        {
            after.Remove(Convert.ToHexString(key));
            if (value is not null)
            {
                after.Add(Convert.ToHexString(key), Convert.ToHexString(value));
            }
        }

        return after;
    }

    private static List<Pair> Distinct((byte[] Key, byte[]? Value)[] changes) =>
        changes.DistinctBy(change => Convert.ToHexString(change.Key)).Select(change => new Pair(change.Key, change.Value)).ToList();

    private static string? Text(byte[]? value) => value is null ? null : Encoding.UTF8.GetString(value);

    private static byte[] Key(string name) => [1, .. Encoding.UTF8.GetBytes(name)];

    private static Pair Put(string name, string value) => new(Key(name), Encoding.UTF8.GetBytes(value));

    private static Pair Delete(string name) => new(Key(name), null);
}
