namespace DfsNet.ChunkServer.Chunks;

/// <summary>Bytes that may be under way at once; who finds none left waits, first come first served.</summary>
internal sealed class ByteBudget(long bytesMax)
{
    // Guards the fields below.
    private readonly Lock _gate = new();
    private readonly LinkedList<(long Bytes, TaskCompletionSource Granted)> _waiting = [];
    private long _left = bytesMax;

    /// <summary>Takes at once, or not at all.</summary>
    public bool TryTake(long bytes)
    {
        lock (_gate)
        {
            if (_waiting.Count > 0 || _left < bytes)
            {
                return false;
            }

            _left -= bytes;
            return true;
        }
    }

    /// <summary>Takes when its turn has come.</summary>
    public async Task TakeAsync(long bytes, CancellationToken cancellation)
    {
        var granted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        LinkedListNode<(long, TaskCompletionSource)> node;
        lock (_gate)
        {
            node = _waiting.AddLast((bytes, granted));
            Grant();
        }

        await using var registration = cancellation.UnsafeRegister(_ => Abandon(node, cancellation), null).ConfigureAwait(false);
        await granted.Task.ConfigureAwait(false);
    }

    public void Return(long bytes)
    {
        lock (_gate)
        {
            _left += bytes;
            Grant();
        }
    }

    private void Grant()
    {
        while (_waiting.First is { } first && _left >= first.Value.Bytes)
        {
            _left -= first.Value.Bytes;
            _waiting.RemoveFirst();
            first.Value.Granted.SetResult();
        }
    }

    private void Abandon(LinkedListNode<(long Bytes, TaskCompletionSource Granted)> node, CancellationToken cancellation)
    {
        lock (_gate)
        {
            if (node.List is null)
            {
                return; // granted already
            }

            _waiting.Remove(node);
            Grant();
        }

        node.Value.Granted.SetCanceled(cancellation);
    }
}
