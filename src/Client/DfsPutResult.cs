namespace DfsNet.Client;

/// <summary>What storing a file came to.</summary>
/// <param name="Path">Absolute path of the file.</param>
/// <param name="Inode">Number of the file.</param>
/// <param name="Length">Bytes stored.</param>
/// <param name="Version">Version of the content.</param>
public sealed record DfsPutResult(string Path, ulong Inode, long Length, ulong Version);
