using DfsNet.Protocol;
using DfsNet.Protocol.Errors;
using DfsNet.Protocol.Wire;

namespace DfsNet.ChunkServer.Replication;

/// <summary>
/// Gives every error of a chain its name. Faults of the caller (wrong frame, wrong cluster, sealed chunk) keep their code and name nobody;
/// a fault of a server becomes CHAIN_FAILED with that server and the side that failed, and travels up unchanged from there.
/// </summary>
internal static class ChainFailure
{
    /// <summary>An error of our own volume or of our caller.</summary>
    public static DfsException Here(ServerId self, DfsException error) => error.Code switch
    {
        ErrorCode.VolumeFailed or ErrorCode.OutOfSpace or ErrorCode.Corrupt => Of(self, FailedSide.Disk, error),
        _ => error,
    };

    public static DfsException DiskSilent(ServerId self, TimeSpan silence) => new(
        ErrorCode.ChainFailed, "append: write", $"the volume of server {self} made no progress for {silence.TotalSeconds:0.0} s")
    {
        ServerId = self.Value,
        Side = FailedSide.Disk,
    };

    public static DfsException NextSilent(ChainMember next, TimeSpan silence) =>
        Network(next, $"no acknowledgement for {silence.TotalSeconds:0.0} s");

    /// <summary>The next server said why the chain is over.</summary>
    public static DfsException Below(ChainMember next, ErrorDetail detail)
    {
        var error = ErrorStatus.FromDetail(detail);
        return error.Code switch
        {
            ErrorCode.ChainFailed or ErrorCode.ChunkSealed or ErrorCode.AlreadyExists => error,
            ErrorCode.VolumeFailed or ErrorCode.OutOfSpace => Of(new ServerId(next.ServerId), FailedSide.Disk, error),
            ErrorCode.ChecksumMismatch or ErrorCode.InvalidArgument => Of(new ServerId(next.ServerId), FailedSide.Data, error),
            _ => Of(new ServerId(next.ServerId), FailedSide.Network, error),
        };
    }

    /// <summary>The way to the next server failed.</summary>
    public static DfsException Link(ChainMember next, DfsException error) =>
        error.Code == ErrorCode.ChainFailed ? error : Below(next, ErrorStatus.ToDetail(error));

    public static DfsException Network(ChainMember next, string message) => new(
        ErrorCode.ChainFailed, $"append: server {next.ServerId} at {next.Address}", $"server {next.ServerId} at {next.Address}: {message}")
    {
        ServerId = next.ServerId,
        Side = FailedSide.Network,
    };

    public static DfsException Differs(ChainMember next, string message) => new(
        ErrorCode.ChainFailed, $"append: server {next.ServerId} at {next.Address}", $"server {next.ServerId} at {next.Address}: {message}")
    {
        ServerId = next.ServerId,
        Side = FailedSide.Data,
    };

    private static DfsException Of(ServerId server, FailedSide side, DfsException error) =>
        new(ErrorCode.ChainFailed, error.Step, $"server {server}: {error.Message}", error) { ServerId = server.Value, Side = side };
}
