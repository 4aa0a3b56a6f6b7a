using DfsNet.Protocol;
using DfsNet.Protocol.Wire;
using DfsNet.Storage.Disk;
using Microsoft.Extensions.Logging;

namespace DfsNet.ChunkServer.Chunks;

/// <summary>
/// Whether the volume may be written. Failed is for good: after a failed flush the kernel has dropped what it could not write, and a later
/// success proves nothing. Full passes when there is space again.
/// </summary>
internal sealed partial class VolumeHealth(VolumeId volume, TimeProvider time, ILogger log)
{
    // A quota shows in no free-space number: believe the refusal for a while before trying again.
    private static readonly TimeSpan FullAtLeast = TimeSpan.FromSeconds(10);

    // Guards the fields below.
    private readonly Lock _gate = new();
    private DiskException? _failure;
    private long _refusedBytes;
    private long _refusedAt;
    private bool _diskRefused;

    public VolumeState State
    {
        get
        {
            lock (_gate)
            {
                return _failure is not null ? VolumeState.Failed : _refusedBytes > 0 ? VolumeState.Full : VolumeState.Healthy;
            }
        }
    }

    /// <summary>For people: why the volume failed; empty while it has not.</summary>
    public string Detail
    {
        get
        {
            lock (_gate)
            {
                return _failure?.Message ?? "";
            }
        }
    }

    public void RequireWritable(string step)
    {
        lock (_gate)
        {
            if (_failure is not null)
            {
                throw Failed(step, _failure);
            }
        }
    }

    /// <summary>A write, flush or read failed: decides what that means for the volume, and gives the error for the caller.</summary>
    public DfsException Take(DiskException error, string step)
    {
        switch (error.Failure)
        {
            case DiskFailure.Failed:
                Fail(error);
                return Failed(step, error);
            case DiskFailure.Full:
                Refuse(Limits.FramePayloadMax, byDisk: true);
                return new DfsException(ErrorCode.OutOfSpace, step, $"volume {volume} is full: {error.Message}", error);
            default:
                return new DfsException(ErrorCode.Unavailable, step, $"volume {volume}: {error.Message}", error);
        }
    }

    public void Fail(DiskException error)
    {
        lock (_gate)
        {
            if (_failure is not null)
            {
                return;
            }

            _failure = error;
        }

        VolumeFailed(error, volume);
    }

    /// <summary>There was no room for this many bytes: the volume is full until there is.</summary>
    public void Refuse(long bytes, bool byDisk)
    {
        bool first;
        lock (_gate)
        {
            first = _refusedBytes == 0;
            _refusedBytes = Math.Max(_refusedBytes, bytes);
            _refusedAt = time.GetTimestamp();
            _diskRefused |= byDisk;
        }

        if (first)
        {
            VolumeFilled(volume, bytes);
        }
    }

    /// <summary>There is room for this many bytes now.</summary>
    public void Measured(long roomBytes)
    {
        lock (_gate)
        {
            if (_refusedBytes == 0 || roomBytes < _refusedBytes || (_diskRefused && time.GetElapsedTime(_refusedAt) < FullAtLeast))
            {
                return;
            }

            _refusedBytes = 0;
            _diskRefused = false;
        }

        VolumeHasSpaceAgain(volume, roomBytes);
    }

    private DfsException Failed(string step, DiskException cause) =>
        new(ErrorCode.VolumeFailed, step, $"volume {volume} failed and takes no writes: {cause.Message}", cause);

    [LoggerMessage(Level = LogLevel.Error, Message = "Volume {Volume} failed; it takes no write any more")]
    private partial void VolumeFailed(Exception error, VolumeId volume);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Volume {Volume} became full: no room for {Bytes} bytes")]
    private partial void VolumeFilled(VolumeId volume, long bytes);

    [LoggerMessage(Level = LogLevel.Information, Message = "Volume {Volume} got room again: {Bytes} bytes")]
    private partial void VolumeHasSpaceAgain(VolumeId volume, long bytes);
}
