namespace DfsNet.Cli.Transfers;

/// <summary>How put and get go about it.</summary>
/// <param name="Overwrite">Existing files are replaced; otherwise they are an error.</param>
/// <param name="Recursive">Directories are taken with all that is in them.</param>
/// <param name="FollowLinks">Symbolic links below a directory are followed; otherwise they are skipped.</param>
/// <param name="Jobs">Files at the same time.</param>
internal sealed record TransferSettings(bool Overwrite, bool Recursive, bool FollowLinks, int Jobs)
{
    // Small files cost a round trip each, which sixteen at a time hide; large ones fill the line alone.
    public const int JobsDefault = 16;
    public const int JobsMax = 256;

    /// <summary>Files up to this size are read whole and stored by one call.</summary>
    public const int SmallFileMax = 1024 * 1024;

    /// <summary>Large files at the same time: each has a window of 16 MiB in memory.</summary>
    public const int LargeFilesAtOnce = 4;
}
