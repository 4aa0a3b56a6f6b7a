namespace DfsNet.Cli.Output;

/// <summary>A backup of the metadata that was written.</summary>
/// <param name="Index">Of the newest log entry in it.</param>
internal sealed record BackupFacts(string File, ulong Index, ulong Incarnation, ulong Files, ulong Directories, long Bytes);
