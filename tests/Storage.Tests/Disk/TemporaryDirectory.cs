namespace DfsNet.Storage.Tests.Disk;

/// <summary>A directory of the machine for one test.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("dfsnet-storage-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
