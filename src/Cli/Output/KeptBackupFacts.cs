namespace DfsNet.Cli.Output;

/// <summary>A scheduled backup of the metadata.</summary>
/// <param name="Index">Of the newest log entry in it.</param>
/// <param name="MissingChunks">Chunks of it that none of the chunk servers has which were asked.</param>
internal sealed record KeptBackupFacts(string Name, string Taken, ulong Incarnation, ulong Index, long Bytes, int MissingChunks);
