using DfsNet.ChunkServer.Chunks;
using DfsNet.Protocol;
using DfsNet.Protocol.Errors;
using DfsNet.Protocol.Wire;
using DfsNet.Storage.Disk;
using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace DfsNet.Hosting.Drills;

/// <summary>Strikes its own server when it is asked to. Every fault ends by itself, or with the process.</summary>
/// <param name="disks">The volumes of a chunk server; none of a metadata server, which can only be killed or frozen.</param>
/// <param name="life">Drawn at the start of the process.</param>
/// <param name="log">Says what was done on purpose.</param>
internal sealed partial class DrillService(IReadOnlyList<DisturbedDisk> disks, ulong life, ILogger log) : Drill.DrillBase
{
    private static readonly TimeSpan DurationMax = TimeSpan.FromMinutes(1);

    private readonly OwnProcess _process = new();

    public override async Task<StrikeReply> Strike(StrikeRequest request, ServerCallContext context)
    {
        try
        {
            await StrikeAsync(request).ConfigureAwait(false);
            return new StrikeReply { Life = life };
        }
        catch (DiskException error)
        {
            throw ErrorStatus.ToRpcException(new DfsException(ErrorCode.Refused, "strike", error.Message, error));
        }
        catch (DfsException error)
        {
            throw ErrorStatus.ToRpcException(error);
        }
    }

    private async Task StrikeAsync(StrikeRequest request)
    {
        if (request.Fault == DrillFault.Unspecified)
        {
            return;
        }

        Striking(log, request.Fault, request.DurationMs);
        switch (request.Fault)
        {
            case DrillFault.Kill:
                _process.Kill();
                break;
            case DrillFault.Freeze:
                _process.Freeze(DurationOf(request));
                break;
            case DrillFault.SlowDisk:
                await DisturbAsync(request, disk => disk.SlowDown(DurationOf(request))).ConfigureAwait(false);
                break;
            case DrillFault.FullDisk:
                await DisturbAsync(request, disk => disk.Fill(DurationOf(request))).ConfigureAwait(false);
                break;
            case DrillFault.HangDisk:
                await DisturbAsync(request, disk => disk.Hang(DurationOf(request))).ConfigureAwait(false);
                break;
            case DrillFault.FlipBit:
                await FlipBitAsync(new ChunkId(request.ChunkId)).ConfigureAwait(false);
                break;
            default:
                throw Invalid("this server does not know that fault");
        }
    }

    private static TimeSpan DurationOf(StrikeRequest request)
    {
        var duration = TimeSpan.FromMilliseconds(request.DurationMs);
        return duration > TimeSpan.Zero && duration <= DurationMax
            ? duration
            : throw Invalid($"a fault lasts up to {DurationMax.TotalSeconds:0} s, not {duration.TotalSeconds:0.000} s");
    }

    private async Task DisturbAsync(StrikeRequest request, Action<DisturbedDisk> how)
    {
        if (disks.Count == 0)
        {
            throw Invalid("only a chunk server's disks can be disturbed");
        }

        foreach (var disk in request.ChunkId == 0 ? disks : [await DiskOfAsync(new ChunkId(request.ChunkId)).ConfigureAwait(false)])
        {
            how(disk);
        }
    }

    private async Task FlipBitAsync(ChunkId chunk)
    {
        var (path, offset) = StoredPlace.Of(chunk, 0);
        var disk = await DiskOfAsync(chunk).ConfigureAwait(false);
        await disk.FlipBitAsync(path, offset).ConfigureAwait(false);
    }

    private async Task<DisturbedDisk> DiskOfAsync(ChunkId chunk)
    {
        foreach (var disk in disks)
        {
            if (await disk.ExistsAsync(StoredPlace.Of(chunk, 0).Path).ConfigureAwait(false))
            {
                return disk;
            }
        }

        throw new DfsException(ErrorCode.ChunkNotFound, "strike", $"no volume has chunk {chunk}");
    }

    private static DfsException Invalid(string message) => new(ErrorCode.InvalidArgument, "strike", message);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A drill strikes this server: {Fault}, {Milliseconds} ms")]
    private static partial void Striking(ILogger log, DrillFault fault, uint milliseconds);
}
