namespace DfsNet.Storage.Disk;

/// <summary>A held flock; the kernel lets go of it with the descriptor, also when the process dies.</summary>
internal sealed class LocalLock(Descriptor descriptor) : IAsyncDisposable
{
    public ValueTask DisposeAsync()
    {
        descriptor.Dispose();
        return ValueTask.CompletedTask;
    }
}
