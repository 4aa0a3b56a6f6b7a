using DfsNet.Protocol.Wire;
using DfsNet.Storage.Disk;

namespace DfsNet.ChunkServer.Chunks;

/// <summary>
/// Room for new bytes: what is free, less the reserve, what the journal may still take, and what was promised to open chunks and copies.
/// </summary>
internal sealed class VolumeSpace(IDisk disk, VolumeHealth health, long reserveBytes, long journalBytesMax)
{
    private long _promised;
    private long _journalBytes;

    /// <summary>Bytes the journal holds now; they are no longer free, so they are not counted twice.</summary>
    public void SetJournalBytes(long bytes) => Interlocked.Exchange(ref _journalBytes, Math.Min(bytes, journalBytesMax));

    /// <summary>Free bytes that nobody was promised; also lets a full volume recover.</summary>
    public ValueTask<(long Capacity, long Room)> MeasureAsync() => MeasureAsync(0);

    /// <summary>Sets bytes aside for a chunk, or throws OutOfSpace.</summary>
    public async ValueTask PromiseAsync(long bytes, string step)
    {
        // First, so that two callers cannot both be given the same room.
        Interlocked.Add(ref _promised, bytes);
        bool kept = false;
        try
        {
            var (_, room) = await MeasureAsync(bytes).ConfigureAwait(false);
            if (room < bytes)
            {
                health.Refuse(bytes, byDisk: false);
            }

            kept = room >= bytes && health.State == VolumeState.Healthy;
            if (!kept)
            {
                health.RequireWritable(step);
                throw new DfsException(ErrorCode.OutOfSpace, step, $"{disk.Location} has room for {room} bytes, not for {bytes}");
            }
        }
        finally
        {
            if (!kept)
            {
                Release(bytes);
            }
        }
    }

    /// <summary>Promised bytes were written, or will not be.</summary>
    public void Release(long bytes) => Interlocked.Add(ref _promised, -bytes);

    private async ValueTask<(long Capacity, long Room)> MeasureAsync(long own)
    {
        try
        {
            var space = await disk.GetSpaceAsync().ConfigureAwait(false);
            long journal = journalBytesMax - Interlocked.Read(ref _journalBytes);
            long room = Math.Max(0, space.AvailableBytes - reserveBytes - journal - (Interlocked.Read(ref _promised) - own));
            health.Measured(room);
            return (space.CapacityBytes, room);
        }
        catch (DiskException error)
        {
            throw health.Take(error, "measure volume");
        }
    }
}
