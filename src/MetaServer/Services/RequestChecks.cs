using System.Text;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Services;

/// <summary>
/// Sizes of what callers send, checked before anything is done with it; what the content means the state machine decides.
/// </summary>
internal static class RequestChecks
{
    private const int ClientNameBytesMax = 255;
    private const int FailedServersMax = 1_000;
    private const int HeldPerMessageMax = 100_000;
    private const int SeenPerMessageMax = 1_000;
    private const uint ReplicationMax = 10;

    public static void Check(OpenSessionRequest request)
    {
        Require(request.Nonce != 0, "open session", "a nonce is needed");
        Require(
            Encoding.UTF8.GetByteCount(request.ClientName) <= ClientNameBytesMax,
            "open session",
            $"a client's name has at most {ClientNameBytesMax} bytes");
    }

    public static void Check(KeepAliveRequest request) => Require(
        request.HeldAdded.Count + request.HeldRemoved.Count <= HeldPerMessageMax && request.Seen.Count <= SeenPerMessageMax, "keep alive",
        $"at most {HeldPerMessageMax} inodes in one message, and {SeenPerMessageMax} volumes");

    public static void Check(EndSessionRequest request) => Require(
        request.Chunks.Count <= Limits.SessionOwnedChunksMax, "end session", $"at most {Limits.SessionOwnedChunksMax} chunks");

    public static void Check(SubmitRequest request)
    {
        Check(request.Request);
        Require(request.Command is { KindCase: not ClientCommand.KindOneofCase.None }, "submit", "a command is needed");
    }

    public static void Check(AllocateChunkRequest request)
    {
        Check(request.Request);
        Require(request.Replication <= ReplicationMax, "allocate chunk", $"replication is at most {ReplicationMax}");
        Require(request.FailedServers.Count <= FailedServersMax, "allocate chunk", $"at most {FailedServersMax} failed servers");
        Require(
            request.FailedVolumes.Count == 0 || request.FailedVolumes.Count == request.FailedServers.Count, "allocate chunk",
            "a volume for each failed server, or none");
        Require(request.ClientHost.Length <= ClientNameBytesMax, "allocate chunk", "the client's host is too long");
    }

    public static void Check(PathRef? path, string step) => Require(
        path is not null && path.Path.Length <= Limits.PathBytesMax, step, $"a path of at most {Limits.PathBytesMax} bytes is needed");

    private static void Check(RequestId? request) => Require(
        request is { SessionId: not 0, Sequence: not 0 }, "submit", "a session and a sequence from 1 are needed");

    private static void Require(bool holds, string step, string message)
    {
        if (!holds)
        {
            throw new DfsException(ErrorCode.InvalidArgument, step, message);
        }
    }
}
