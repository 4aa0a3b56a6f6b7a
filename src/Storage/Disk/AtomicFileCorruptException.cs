namespace DfsNet.Storage.Disk;

/// <summary>A small file exists but its content does not match its checksum: damage, never "missing".</summary>
public sealed class AtomicFileCorruptException(string path, string what) : Exception($"{path} is damaged: {what}")
{
    public string Path { get; } = path;
}
