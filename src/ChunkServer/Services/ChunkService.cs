using DfsNet.ChunkServer.Cluster;
using DfsNet.ChunkServer.Maintenance;
using DfsNet.ChunkServer.Replication;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;
using Google.Protobuf;
using Grpc.Core;

namespace DfsNet.ChunkServer.Services;

/// <summary>The small calls of a chunk server.</summary>
internal sealed class ChunkService(
    VolumeSet volumes,
    ReplicaCopier copier,
    OrderTerms terms,
    BackupList backups,
    BackgroundPace pace,
    CallSlots reads,
    CallSlots copies,
    RpcEdge edge,
    CancellationToken stopping) : Chunk.ChunkBase
{
    public override Task<ReadSmallReply> ReadSmall(ReadSmallRequest request, ServerCallContext context) =>
        edge.RunAsync("read small", () => ReadSmallAsync(request, context.CancellationToken), context.CancellationToken);

    public override Task<GetChecksumsReply> GetChecksums(GetChecksumsRequest request, ServerCallContext context) =>
        edge.RunAsync("get checksums", () => GetChecksumsAsync(request, context.CancellationToken), context.CancellationToken);

    public override async Task<CopyFromReply> CopyFrom(CopyFromRequest request, ServerCallContext context)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, stopping);
        return await edge.RunAsync("copy", () => CopyFromAsync(request, ended.Token), ended.Token).ConfigureAwait(false);
    }

    public override Task<ListBackupsReply> ListBackups(ListBackupsRequest request, ServerCallContext context) =>
        edge.RunAsync("list backups", () => Task.FromResult(ListBackups(request)), context.CancellationToken);

    private ListBackupsReply ListBackups(ListBackupsRequest request)
    {
        using var slot = reads.Take();
        return backups.After(new ChunkId(request.After));
    }

    private async Task<ReadSmallReply> ReadSmallAsync(ReadSmallRequest request, CancellationToken cancellation)
    {
        using var slot = reads.Take();
        pace.NoteForeground();
        if (request.Length is 0 or > Limits.BlockSize || (ulong)request.Offset + request.Length > Limits.ChunkSizeMax)
        {
            throw new DfsException(
                ErrorCode.InvalidArgument,
                "read small",
                $"[{request.Offset}, +{request.Length}) is empty, longer than a block or beyond any chunk");
        }

        var chunk = new ChunkId(request.ChunkId);
        var volume = volumes.Require(chunk, "read small");
        using var data = await volume.ReadSmallAsync(chunk, (int)request.Offset, (int)request.Length, cancellation).ConfigureAwait(false);
        return new ReadSmallReply { Data = ByteString.CopyFrom(data.Span) };
    }

    private async Task<GetChecksumsReply> GetChecksumsAsync(GetChecksumsRequest request, CancellationToken cancellation)
    {
        using var slot = reads.Take();
        if (request.Length > Limits.ChunkSizeMax)
        {
            throw new DfsException(ErrorCode.InvalidArgument, "get checksums", $"no chunk has {request.Length} bytes");
        }

        var chunk = new ChunkId(request.ChunkId);
        var volume = volumes.Require(chunk, "get checksums");
        uint[] blocks = await volume.GetChecksumsAsync(chunk, (int)request.Length, cancellation).ConfigureAwait(false);
        return new GetChecksumsReply { Blocks = { blocks } };
    }

    private async Task<CopyFromReply> CopyFromAsync(CopyFromRequest request, CancellationToken cancellation)
    {
        using var slot = copies.Take();
        terms.Require(request.Term, "copy");
        return await copier.CopyAsync(request, cancellation).ConfigureAwait(false);
    }
}
