namespace DfsNet.Client;

/// <summary>How a directory is listed.</summary>
public sealed record DfsListOptions
{
    /// <summary>Also lists what is in subdirectories; each directory comes before its content.</summary>
    public bool Recursive { get; init; }

    /// <summary>
    /// Begins behind this name (which need not exist): resumes a listing. Empty: from the start. Only the listed directory itself is
    /// affected.
    /// </summary>
    public string After { get; init; } = "";

    /// <summary>Entries fetched by one call; 0 leaves it to the server.</summary>
    public int PageSize { get; init; }
}
