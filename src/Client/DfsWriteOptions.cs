namespace DfsNet.Client;

/// <summary>What <see cref="DfsClient.OpenWriteAsync"/> does with an existing or missing file.</summary>
public enum DfsWriteMode
{
    /// <summary>Creates the file, or empties an existing one.</summary>
    Create,

    /// <summary>Creates the file; an existing one is an error (AlreadyExists).</summary>
    CreateNew,

    /// <summary>Opens an existing file and keeps its content; a missing one is an error (NotFound).</summary>
    Open,

    /// <summary>Opens or creates the file, and keeps its content.</summary>
    OpenOrCreate,

    /// <summary>Opens or creates the file; every flush adds its bytes at the end the file then has, whole, whoever else appends.</summary>
    Append,
}

/// <summary>How a file is opened for writing.</summary>
public sealed record DfsWriteOptions
{
    /// <summary>What happens to an existing or missing file.</summary>
    public DfsWriteMode Mode { get; init; } = DfsWriteMode.Create;

    /// <summary>
    /// Nothing is visible under the name before the stream is closed by <see cref="Stream.DisposeAsync"/>; then all of it is, in one step.
    /// Only with
    /// <see cref="DfsWriteMode.Create"/> and <see cref="DfsWriteMode.CreateNew"/>. A stream that failed, or whose
    /// <see cref="DfsFileStream.Abandon"/> was called, leaves no trace.
    /// </summary>
    public bool Atomic { get; init; }

    /// <summary>Creates missing parent directories.</summary>
    public bool CreateParents { get; init; }

    /// <summary>POSIX permission bits of a new file.</summary>
    public uint PermissionBits { get; init; } = 0b110_100_100;
}
