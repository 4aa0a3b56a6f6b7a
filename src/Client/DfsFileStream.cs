namespace DfsNet.Client;

/// <summary>A file opened for reading or for writing (never both). Seekable, asynchronous, with bounded memory whatever the file's size.</summary>
public sealed class DfsFileStream : Stream
{
    internal DfsFileStream(string path)
    {
        Path = path;
    }

    /// <summary>Absolute path it was opened under.</summary>
    public string Path { get; }

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => true;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Length => 0;

    /// <inheritdoc/>
    public override long Position { get; set; }

    /// <summary>Gives up what was written since the last flush, and all of an atomic write: closing then commits nothing.</summary>
    public void Abandon() => throw new NotSupportedException();

    /// <summary>Shortens the file or lets it grow by zeros.</summary>
    public Task SetLengthAsync(long length, CancellationToken cancellation = default) => throw new NotSupportedException();

    /// <summary>Reading: fetches the newest layout, so that everything committed before this call is seen.</summary>
    public Task RefreshAsync(CancellationToken cancellation = default) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Flush() => throw new NotSupportedException();

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
