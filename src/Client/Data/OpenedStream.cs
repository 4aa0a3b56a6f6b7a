using DfsNet.Protocol.Bulk;

namespace DfsNet.Client.Data;

/// <summary>A replica's stream that has shown its first frame, and why it ended when it did.</summary>
internal sealed class OpenedStream(ReplicaAddress replica, ReplicaStream stream) : IAsyncDisposable
{
    private BulkBuffer? _first;

    public ReplicaAddress Replica => replica;

    /// <summary>Why the replica is of no use any more; null while it is.</summary>
    public DfsException? Error { get; private set; }

    public int BadBlock { get; private set; } = -1;

    /// <summary>Waits for the first frame, which begins at this chunk offset; false: <see cref="Error"/> says why there is none.</summary>
    public async Task<bool> OpenAsync(int offset)
    {
        _first = await ReadAsync(offset).ConfigureAwait(false);
        return _first is not null;
    }

    /// <summary>The next frame; null: <see cref="Error"/> says why there is none.</summary>
    public async ValueTask<BulkBuffer?> NextAsync(int offset)
    {
        if (_first is not { } first)
        {
            return await ReadAsync(offset).ConfigureAwait(false);
        }

        _first = null;
        return first;
    }

    public ValueTask DisposeAsync()
    {
        _first?.Dispose();
        _first = null;
        return stream.DisposeAsync();
    }

    private async ValueTask<BulkBuffer?> ReadAsync(int offset)
    {
        (var frame, Error, BadBlock) = await stream.NextAsync(offset).ConfigureAwait(false);
        return frame;
    }
}
