using DfsNet.Protocol.Wire;
using Google.Protobuf;
using Grpc.Core;

namespace DfsNet.Protocol.Errors;

/// <summary>Errors on the wire: a gRPC status for strangers, the typed detail in a trailer for us.</summary>
public static class ErrorStatus
{
    public const string TrailerName = "dfs-error-bin";

    // A status message travels in a header; longer texts would be cut by proxies.
    private const int MessageLengthMax = 1_000;

    public static ErrorDetail ToDetail(DfsException error) => new()
    {
        Code = error.Code,
        Step = Shorten(error.Step),
        Message = Shorten(error.Message),
        Leader = error.Leader,
        ServerId = error.ServerId,
        Side = error.Side,
    };

    public static DfsException FromDetail(ErrorDetail detail, Exception? inner = null) =>
        new(detail.Code, detail.Step, detail.Message, inner) { Leader = detail.Leader, ServerId = detail.ServerId, Side = detail.Side };

    public static RpcException ToRpcException(DfsException error)
    {
        var trailers = new Grpc.Core.Metadata { { TrailerName, ToDetail(error).ToByteArray() } };
        return new RpcException(new Status(ToStatusCode(error.Code), Shorten(error.Message)), trailers);
    }

    /// <summary>
    /// The typed error behind a failed call; one without our detail (a dead connection, a deadline) is classified by its status.
    /// </summary>
    public static DfsException FromRpcException(RpcException error, string step)
    {
        var entry = error.Trailers.Get(TrailerName);
        if (entry is { IsBinary: true } && TryParse(entry.ValueBytes, out var detail))
        {
            return FromDetail(detail, error);
        }

        var code = error.StatusCode switch
        {
            StatusCode.DeadlineExceeded => ErrorCode.TimedOut,
            StatusCode.Cancelled => ErrorCode.Unavailable,
            StatusCode.ResourceExhausted => ErrorCode.Overloaded,
            StatusCode.Unimplemented => ErrorCode.Unsupported,
            StatusCode.InvalidArgument => ErrorCode.InvalidArgument,
            StatusCode.Internal or StatusCode.Unknown or StatusCode.Unavailable => ErrorCode.Unavailable,
            _ => ErrorCode.Internal,
        };
        return new DfsException(code, step, $"{step}: {error.Status.Detail}", error);
    }

    public static StatusCode ToStatusCode(ErrorCode code) => code switch
    {
        ErrorCode.InvalidArgument => StatusCode.InvalidArgument,
        ErrorCode.NotFound or ErrorCode.ChunkNotFound => StatusCode.NotFound,
        ErrorCode.AlreadyExists => StatusCode.AlreadyExists,
        ErrorCode.NotADirectory or ErrorCode.IsADirectory or ErrorCode.DirectoryNotEmpty or ErrorCode.WouldCycle
            or ErrorCode.ConditionFailed or ErrorCode.SessionEnded or ErrorCode.NotOwner or ErrorCode.ChunkSealed
            or ErrorCode.PrefixConflict or ErrorCode.StaleOrder or ErrorCode.WrongCluster or ErrorCode.Refused
            or ErrorCode.NotLeader => StatusCode.FailedPrecondition,
        ErrorCode.OutcomeUnknown or ErrorCode.ChainFailed => StatusCode.Aborted,
        ErrorCode.TooFewServers or ErrorCode.Unavailable or ErrorCode.VolumeFailed => StatusCode.Unavailable,
        ErrorCode.ChecksumMismatch or ErrorCode.DataLoss or ErrorCode.Corrupt => StatusCode.DataLoss,
        ErrorCode.OutOfSpace or ErrorCode.Overloaded or ErrorCode.LimitExceeded => StatusCode.ResourceExhausted,
        ErrorCode.TimedOut => StatusCode.DeadlineExceeded,
        ErrorCode.Unsupported => StatusCode.Unimplemented,
        _ => StatusCode.Internal,
    };

    private static bool TryParse(byte[] bytes, out ErrorDetail detail)
    {
        try
        {
            detail = ErrorDetail.Parser.ParseFrom(bytes);
            return detail.Code != ErrorCode.Unspecified;
        }
        catch (InvalidProtocolBufferException)
        {
            detail = new ErrorDetail();
            return false;
        }
    }

    private static string Shorten(string text) => text.Length <= MessageLengthMax ? text : text[..MessageLengthMax];
}
