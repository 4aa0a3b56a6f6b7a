using DfsNet.Client;

namespace DfsNet.Cli.Drills;

/// <summary>Writes files record by record; each record is acknowledged before the next.</summary>
/// <param name="files">The file system.</param>
/// <param name="next">A new file to write.</param>
internal sealed class DrillWriter(DfsClient files, Func<DrillFile> next) : IAsyncDisposable
{
    private const long FileBytesMax = 16L * 1024 * 1024;

    private DfsFileStream? _stream;

    /// <summary>The file that is being written; null between two files.</summary>
    public DrillFile? File { get; private set; }

    public async Task WriteAsync(CancellationToken cancellation)
    {
        bool done = false;
        try
        {
            var file = File ??= next();
            _stream ??= await files.OpenWriteAsync(file.Path, cancellation: cancellation).ConfigureAwait(false);
            byte[] record = DrillContent.Record(file.Number, file.Acknowledged / DrillContent.RecordBytes);
            await _stream.WriteAsync(record, cancellation).ConfigureAwait(false);
            await _stream.FlushAsync(cancellation).ConfigureAwait(false);
            file.Acknowledged += record.Length;
            done = file.Acknowledged < FileBytesMax;
        }
        finally
        {
            if (!done)
            {
                await CloseAsync().ConfigureAwait(false);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await CloseAsync().ConfigureAwait(false);
        }
        catch (DfsException)
        {
            // Every byte that counts was acknowledged before.
        }
    }

    private async Task CloseAsync()
    {
        var stream = _stream;
        (_stream, File) = (null, null);
        if (stream is not null)
        {
            await stream.DisposeAsync().ConfigureAwait(false);
        }
    }
}
