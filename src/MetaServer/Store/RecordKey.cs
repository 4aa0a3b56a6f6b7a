namespace DfsNet.MetaServer.Store;

/// <summary>A key that knows which record it leads to.</summary>
internal readonly struct RecordKey<TRecord>(byte[] bytes)
    where TRecord : class
{
    public byte[] Bytes { get; } = bytes;
}

/// <summary>Keys in [From, To) that lead to the same kind of record.</summary>
internal readonly struct RecordRange<TRecord>(byte[] from, byte[] to)
    where TRecord : class
{
    public byte[] From { get; } = from;

    public byte[] To { get; } = to;
}
