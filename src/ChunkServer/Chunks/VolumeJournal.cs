using DfsNet.Storage.Disk;
using DfsNet.Storage.Journals;

namespace DfsNet.ChunkServer.Chunks;

/// <summary>
/// The journal of a volume and how much is in it since the last checkpoint. Appends are made under <see cref="ReplicaTable.Order"/>.
/// </summary>
internal sealed class VolumeJournal(
    Journal journal, VolumeHealth health, VolumeSpace space, long checkpointBytes, long replayedBytes) : IAsyncDisposable
{
    // What the journal adds to a record; an estimate, for pacing only.
    private const int RecordOverheadBytes = 16;

    // Checkpoints run beside appends; if they fall this far behind, appends wait.
    private const int OverfullFactor = 4;

    private long _bytesAfterRotation = replayedBytes;
    private long _bytesBeforeRotation;

    public bool CheckpointWanted => Interlocked.Read(ref _bytesAfterRotation) >= checkpointBytes;

    public bool Empty => Bytes == 0;

    /// <summary>A checkpoint must come first.</summary>
    public bool Overfull => Bytes >= checkpointBytes * OverfullFactor;

    private long Bytes => Interlocked.Read(ref _bytesAfterRotation) + Interlocked.Read(ref _bytesBeforeRotation);

    /// <summary>Puts a record in order; durable when the task ends. Both memories stay unchanged until then.</summary>
    public ValueTask<long> Append(ReadOnlyMemory<byte> head, ReadOnlyMemory<byte> body = default)
    {
        Interlocked.Add(ref _bytesAfterRotation, RecordOverheadBytes + head.Length + body.Length);
        space.SetJournalBytes(Bytes);
        return journal.AppendAsync(head, body);
    }

    /// <summary>Puts a record in order that nobody waits for: it only saves work after a crash.</summary>
    public void AppendUnwatched(ReadOnlyMemory<byte> head) => _ = WatchAsync(Append(head));

    /// <summary>Begins a new segment behind everything put in order so far.</summary>
    public Task<long> Rotate()
    {
        Interlocked.Add(ref _bytesBeforeRotation, Interlocked.Exchange(ref _bytesAfterRotation, 0));
        return journal.RotateAsync();
    }

    /// <summary>Lets go of everything before a rotation.</summary>
    public async Task TrimAsync(long position)
    {
        long bytes = Interlocked.Read(ref _bytesBeforeRotation);
        await journal.TrimAsync(position).ConfigureAwait(false);
        Interlocked.Add(ref _bytesBeforeRotation, -bytes);
        space.SetJournalBytes(Bytes);
    }

    public ValueTask DisposeAsync() => journal.DisposeAsync();

    private async Task WatchAsync(ValueTask<long> append)
    {
        try
        {
            await append.ConfigureAwait(false);
        }
        catch (DiskException error)
        {
            health.Take(error, "journal");
        }
    }
}
