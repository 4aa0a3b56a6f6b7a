using CsCheck;
using DfsNet.MetaServer.Store;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Tests.Store;

/// <summary>A transaction reads its own changes, in order, over what the store holds.</summary>
public class TransactionTests
{
    [Fact]
    public void Reads_and_scans_see_the_store_as_if_the_changes_were_in_it()
    {
        var change = Gen.Select(Gen.Byte[1, 6].Array[1, 2], Gen.Bool);
        Gen.Select(change.Array[0, 10], change.Array[0, 10], Gen.Byte[1, 6], Gen.Byte[1, 7]).Sample(
            (stored, changed, low, high) =>
            {
                var store = new MemoryStateStore();
                var expected = new MemoryStateStore();
                var before = new Transaction(store);
                Apply(before, stored, 1);
                store.Apply(1, before.Changes);
                expected.Apply(1, before.Changes);
                var transaction = new Transaction(store);
                Apply(transaction, changed, 2);
                expected.Apply(2, transaction.Changes);
                byte[] from = [Math.Min(low, high)];
                byte[] to = [Math.Max(low, high)];
                Assert.Equal(Print(expected.Scan(from, to)), Print(transaction.Scan(from, to)));
                Assert.Equal(Print(expected.ScanBack(from, to)), Print(transaction.ScanBack(from, to)));
                foreach (var (key, _) in stored.Concat(changed))
                {
                    Assert.Equal(expected.Get(key), transaction.Get(key));
                }
            },
            iter: 2_000,
            threads: 1);
    }

    [Fact]
    public void Rows_may_change_while_a_scan_goes_over_them()
    {
        var transaction = new Transaction(new MemoryStateStore());
        Apply(transaction, [([1], true), ([2], true), ([3], true)], 1);
        int seen = 0;
        foreach (var (key, _) in transaction.Scan([1], [9]))
        {
            transaction.Delete(new RecordKey<NonceRecord>(key));
            seen++;
        }

        Assert.Equal(3, seen);
        Assert.Empty(transaction.Scan([1], [9]));
    }

    private static void Apply(Transaction transaction, (byte[] Key, bool IsPut)[] changes, ulong id)
    {
        foreach (var (key, isPut) in changes)
        {
            if (isPut)
            {
                transaction.Put(new RecordKey<NonceRecord>(key), new NonceRecord { Id = id });
            }
            else
            {
                transaction.Delete(new RecordKey<NonceRecord>(key));
            }
        }
    }

    private static string Print(IEnumerable<KeyValuePair<byte[], byte[]>> pairs) =>
        string.Join(' ', pairs.Select(pair => $"{Convert.ToHexString(pair.Key)}={Convert.ToHexString(pair.Value)}"));
}
