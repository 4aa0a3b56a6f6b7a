using DfsNet.Integrity;

namespace DfsNet.Client.Metadata;

/// <summary>
/// Sequence numbers of a session's requests. The server keeps results from the lowest open sequence on, at most 1,024 of them: so no
/// sequence is handed out that is too far above the lowest one still open.
/// </summary>
internal sealed class RequestWindow(int width)
{
    // Guards all fields below.
    private readonly Lock _gate = new();
    private readonly SortedSet<ulong> _open = [];
    private ulong _next = 1;
    private TaskCompletionSource? _moved;

    /// <summary>A new sequence and the lowest one open (possibly itself). Give it back with <see cref="End"/>.</summary>
    public async ValueTask<(ulong Sequence, ulong LowestOpen)> BeginAsync(CancellationToken cancellation)
    {
        while (true)
        {
            Task moved;
            lock (_gate) // guards the fields
            {
                ulong lowest = _open.Count == 0 ? _next : _open.Min;
                if (_next - lowest < (ulong)width)
                {
                    ulong sequence = _next++;
                    _open.Add(sequence);
                    return (sequence, lowest);
                }

                _moved ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                moved = _moved.Task;
            }

            await moved.WaitAsync(cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>The request will never be sent again.</summary>
    public void End(ulong sequence)
    {
        TaskCompletionSource? moved;
        lock (_gate) // guards the fields
        {
            Invariant.Require(_open.Remove(sequence), "a sequence ends once");
            moved = _moved;
            _moved = null;
        }

        moved?.SetResult();
    }
}
