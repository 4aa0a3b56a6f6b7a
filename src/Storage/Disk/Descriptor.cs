using System.Runtime.InteropServices;

namespace DfsNet.Storage.Disk;

/// <summary>An open file descriptor; it cannot be closed (and its number reused) while a call on it runs.</summary>
internal sealed class Descriptor : SafeHandle
{
    public Descriptor(int descriptor)
        : base(-1, ownsHandle: true) => SetHandle(descriptor);

    public override bool IsInvalid => handle < 0;

    // Linux frees the number even when close fails, and what matters was flushed before: there is nothing to do with an error here.
    protected override bool ReleaseHandle() => Libc.Close((int)handle) == 0;
}
