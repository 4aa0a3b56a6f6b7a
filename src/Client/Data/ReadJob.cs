using System.Threading.Channels;

namespace DfsNet.Client.Data;

/// <summary>One range being read ahead. Its pieces wait here until the reader comes to them; the range bounds how many there are.</summary>
internal sealed class ReadJob : IDisposable
{
    private readonly CancellationTokenSource _stop = new();

    // Bounded by the length of the segment.
    private readonly Channel<ReadPiece> _pieces =
        Channel.CreateUnbounded<ReadPiece>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });

    public ReadJob(Segment segment, ChunkReader reader, TimeSpan patience)
    {
        Segment = segment;
        if (segment.Slice is null)
        {
            _pieces.Writer.TryWrite(new ReadPiece(null, 0, (int)segment.Length));
            _pieces.Writer.TryComplete();
        }
        else
        {
            _ = RunAsync(reader, patience);
        }
    }

    public Segment Segment { get; }

    /// <summary>The next verified bytes; null at the end of the range.</summary>
    /// <exception cref="DfsException">All replicas failed.</exception>
    public async ValueTask<ReadPiece?> NextAsync(CancellationToken cancellation) =>
        await _pieces.Reader.WaitToReadAsync(cancellation).ConfigureAwait(false) && _pieces.Reader.TryRead(out var piece) ? piece : null;

    public void Dispose()
    {
        _pieces.Writer.TryComplete();
        while (_pieces.Reader.TryRead(out var piece))
        {
            piece.Dispose();
        }

        _stop.Cancel();
    }

    private async Task RunAsync(ChunkReader reader, TimeSpan patience)
    {
        try
        {
            await foreach (var piece in reader.ReadAsync(Segment, patience, _stop.Token).ConfigureAwait(false))
            {
                if (!_pieces.Writer.TryWrite(piece))
                {
                    piece.Dispose();
                }
            }

            _pieces.Writer.TryComplete();
        }
        catch (Exception error) when (error is DfsException or OperationCanceledException)
        {
            _pieces.Writer.TryComplete(error);
        }
    }
}
