using DfsNet.Integrity;
using Google.Protobuf;

namespace DfsNet.MetaServer.Store;

/// <summary>Typed reads. A value is one byte of format version followed by the record.</summary>
internal static class Records
{
    public const byte FormatVersion = 1;

    public static TRecord? Get<TRecord>(this IStateReads reads, RecordKey<TRecord> key)
        where TRecord : class, IMessage<TRecord>, new() => reads.Get(key.Bytes) is { } value ? Decode<TRecord>(value) : null;

    /// <summary>A record that our own tables say is there.</summary>
    public static TRecord Require<TRecord>(this IStateReads reads, RecordKey<TRecord> key)
        where TRecord : class, IMessage<TRecord>, new()
    {
        var record = reads.Get(key);
        Invariant.Require(record is not null, "a row named by another row exists");
        return record;
    }

    public static bool Has<TRecord>(this IStateReads reads, RecordKey<TRecord> key)
        where TRecord : class => reads.Get(key.Bytes) is not null;

    public static IEnumerable<(byte[] Key, TRecord Record)> Scan<TRecord>(this IStateReads reads, RecordRange<TRecord> range)
        where TRecord : class, IMessage<TRecord>, new()
    {
        foreach (var (key, value) in reads.Scan(range.From, range.To))
        {
            yield return (key, Decode<TRecord>(value));
        }
    }

    public static IEnumerable<(byte[] Key, TRecord Record)> ScanBack<TRecord>(this IStateReads reads, RecordRange<TRecord> range)
        where TRecord : class, IMessage<TRecord>, new()
    {
        foreach (var (key, value) in reads.ScanBack(range.From, range.To))
        {
            yield return (key, Decode<TRecord>(value));
        }
    }

    public static TRecord Decode<TRecord>(ReadOnlySpan<byte> value)
        where TRecord : class, IMessage<TRecord>, new()
    {
        Invariant.Require(value.Length > 0 && value[0] == FormatVersion, "a stored value has a known format version");
        var record = new TRecord();
        record.MergeFrom(value[1..]);
        return record;
    }

    public static byte[] Encode(IMessage record)
    {
        byte[] value = new byte[1 + record.CalculateSize()];
        value[0] = FormatVersion;
        record.WriteTo(value.AsSpan(1));
        return value;
    }
}
