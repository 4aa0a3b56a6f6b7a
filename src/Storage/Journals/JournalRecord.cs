namespace DfsNet.Storage.Journals;

/// <summary>One recovered record. The payload is valid only inside the callback that receives it.</summary>
public readonly record struct JournalRecord(long Position, ReadOnlyMemory<byte> Payload);
