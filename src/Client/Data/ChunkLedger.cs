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
                return _owned.Exists(chunk => chunk.Due() is not null);
            }
        }
    }

    public void Add(OwnedChunk chunk)
    {
        lock (_gate) // guards _owned
        {
            _owned.Add(chunk);
        }
    }

    /// <summary>Tells the metadata server what no commit has told it.</summary>
    public async Task ReportAsync(CallDeadline deadline, CancellationToken cancellation)
    {
        await _reporting.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            var due = Due();
            if (due.Count == 0)
            {
                return;
            }

            var command = new ClientCommand { UpdateChunks = new UpdateChunks { Chunks = { due.Select(pair => pair.Update) } } };
            await session.SubmitAsync("seal chunks", command, deadline, cancellation).ConfigureAwait(false);
            foreach (var (chunk, update) in due)
            {
                chunk.Reported(update);
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

    private List<(OwnedChunk Chunk, ChunkUpdate Update)> Due()
    {
        lock (_gate) // guards _owned
        {
            _owned.RemoveAll(chunk => chunk.IsReleaseTold);
            List<(OwnedChunk, ChunkUpdate)> due = [];
            foreach (var chunk in _owned)
            {
                if (due.Count < UpdatesMax && chunk.Due() is { } update)
                {
                    due.Add((chunk, update));
                }
            }

            return due;
        }
    }
}
