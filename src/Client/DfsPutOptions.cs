namespace DfsNet.Client;

/// <summary>
/// How <see cref="DfsClient.PutAsync(string, Stream, DfsPutOptions?, IProgress{long}?, CancellationToken)"/> stores a file.
/// </summary>
public sealed record DfsPutOptions
{
    /// <summary>Replaces an existing file; otherwise it is an error (AlreadyExists).</summary>
    public bool Overwrite { get; init; }

    /// <summary>Creates missing parent directories.</summary>
    public bool CreateParents { get; init; }

    /// <summary>POSIX permission bits of a new file.</summary>
    public uint PermissionBits { get; init; } = 0b110_100_100;
}
