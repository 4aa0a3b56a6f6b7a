using DfsNet.Integrity;

namespace DfsNet.Storage.Disk;

/// <summary>
/// Proves at start that a flush that fails raises: it flushes a bad descriptor through the very code that flushes data.
/// (The runtime's own file classes would pass over it in silence.)
/// </summary>
internal static class FlushSelfTest
{
    public static void Require()
    {
        bool raised = false;
        try
        {
            using var bad = new Descriptor(-1);
            LocalFile.Flush(new DiskHealth(), "self-test", bad);
        }
        catch (DiskException error)
        {
            raised = error.Failure == DiskFailure.Failed;
        }

        Invariant.Require(raised, "a failed flush raises");
    }
}
