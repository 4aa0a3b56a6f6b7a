using DfsNet.Client.Metadata;
using DfsNet.Protocol.Wire;

namespace DfsNet.Client.Data;

/// <summary>The session's chunks until it has told the metadata server that it is done with them.</summary>
internal sealed class ChunkLedger(Session session)
{
    // One command changes as many records at most; the rest follows with the next.
    private const int UpdatesMax = 500;

    // One report at a time: two would name the same chunks.
    private readonly SemaphoreSlim _reporting = new(1);

    // Guards _owned.
    private readonly Lock _gate = new();
    private readonly List<OwnedChunk> _owned = [];

    /// <summary>Chunks that count against the session's bound: open, or sealed without the metadata server knowing.</summary>
    public int OpenCount
    {
        get
        {
            lock (_gate) // guards _owned
            {
                return _owned.Count(chunk => !chunk.IsSealTold);
            }
        }
    }

    public bool HasDue
    {
        get
        {
            lock (_gate) // guards _owned
            {
                return _owned.Exists(chunk => chunk.IsDue);
            }
        }
    }

    public void Add(OwnedChunk chunk)
    {
        lock (_gate) // guards _owned
        {
            // Commits tell most releases, and nobody else looks: without this a client that only writes would keep every chunk.
            _owned.RemoveAll(told => told.IsReleaseTold);
            _owned.Add(chunk);
        }
    }

    /// <summary>Tells the metadata server what no commit has told it.</summary>
    public async Task ReportAsync(CallDeadline deadline, CancellationToken cancellation)
    {
        await _reporting.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            var due = TakeDue();
            if (due.Count != 0 && !await TryTellAsync(due, deadline, cancellation).ConfigureAwait(false))
            {
                foreach (var (chunk, _) in due)
                {
                    await TellOneAsync(chunk, deadline, cancellation).ConfigureAwait(false);
                }
            }
        }
        finally
        {
            _reporting.Release();
        }
    }

    /// <summary>The session's last word on every chunk it still owns.</summary>
    public IReadOnlyList<ChunkUpdate> LastWords()
    {
        lock (_gate) // guards _owned
        {
            return [.. _owned.Where(chunk => !chunk.IsReleaseTold).Select(chunk => chunk.LastWord())];
        }
    }

    // Alone, because one chunk the metadata server sees differently makes it refuse the whole report.
    private async Task TellOneAsync(OwnedChunk chunk, CallDeadline deadline, CancellationToken cancellation)
    {
        if (chunk.TakeDue() is not { } update || await TryTellAsync([(chunk, update)], deadline, cancellation).ConfigureAwait(false))
        {
            return;
        }

        // It was sealed without us, at what was committed: there is nothing to add but that we are done with it.
        var release = new ChunkUpdate { ChunkId = update.ChunkId, Release = update.Release };
        await TryTellAsync([(chunk, release)], deadline, cancellation).ConfigureAwait(false);
        chunk.Reported(update);
    }

    /// <returns>False when the metadata server refused what was said.</returns>
    private async Task<bool> TryTellAsync(
        IReadOnlyList<(OwnedChunk Chunk, ChunkUpdate Update)> due, CallDeadline deadline, CancellationToken cancellation)
    {
        bool told = false;
        try
        {
            var command = new ClientCommand { UpdateChunks = new UpdateChunks { Chunks = { due.Select(pair => pair.Update) } } };
            await session.SubmitAsync("seal chunks", command, deadline, cancellation).ConfigureAwait(false);
            told = true;
            return true;
        }
        catch (DfsException error) when (IsRefusal(error.Code))
        {
            return false;
        }
        finally
        {
            foreach (var (chunk, update) in due)
            {
                if (told)
                {
                    chunk.Reported(update);
                }
                else
                {
                    chunk.NotReported();
                }
            }
        }
    }

    private static bool IsRefusal(ErrorCode code) =>
        code is ErrorCode.ChunkSealed or ErrorCode.NotOwner or ErrorCode.ChunkNotFound or ErrorCode.PrefixConflict;

    private List<(OwnedChunk Chunk, ChunkUpdate Update)> TakeDue()
    {
        lock (_gate) // guards _owned
        {
            _owned.RemoveAll(chunk => chunk.IsReleaseTold);
            List<(OwnedChunk, ChunkUpdate)> due = [];
            foreach (var chunk in _owned)
            {
                if (due.Count < UpdatesMax && chunk.TakeDue() is { } update)
                {
                    due.Add((chunk, update));
                }
            }

            return due;
        }
    }
}
