using DfsNet.Protocol.Wire;
using RocksDbSharp;

namespace DfsNet.MetaServer.Store;

/// <summary>What a failure of RocksDB means for the node: it stops, and its log brings back what the files do not hold.</summary>
internal static class RocksDbFailure
{
    public static T Guard<T>(string step, Func<T> work)
    {
        try
        {
            return work();
        }
        catch (RocksDbException error)
        {
            throw Of(step, error);
        }
    }

    /// <summary>RocksDB's C interface gives its status as text alone.</summary>
    public static DfsException Of(string step, RocksDbException error)
    {
        var code = error.Message switch
        {
            var text when text.Contains("No space left", StringComparison.OrdinalIgnoreCase) => ErrorCode.OutOfSpace,
            var text when text.Contains("Corruption", StringComparison.OrdinalIgnoreCase) => ErrorCode.Corrupt,
            var text when text.Contains("lock ", StringComparison.OrdinalIgnoreCase) => ErrorCode.Refused,
            _ => ErrorCode.VolumeFailed,
        };
        return new DfsException(code, step, $"{step}: {error.Message}", error);
    }
}
