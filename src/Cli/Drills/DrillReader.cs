using DfsNet.Client;

namespace DfsNet.Cli.Drills;

/// <summary>Reads at random places of a file, or at some, and compares.</summary>
internal sealed class DrillReader(DfsClient files, DrillFile file, Random random, DrillTrouble trouble) : IAsyncDisposable
{
    /// <summary>Of each read, and what its offset is a multiple of.</summary>
    public const int ReadBytes = 4 * DrillContent.RecordBytes;

    private readonly byte[] _buffer = new byte[ReadBytes];
    private DfsFileStream? _stream;
    private volatile IReadOnlyList<long>? _offsets;

    /// <summary>From now on, reads only there.</summary>
    public void Only(IReadOnlyList<long> offsets) => _offsets = offsets;

    public async Task ReadAsync(CancellationToken cancellation)
    {
        _stream ??= await files.OpenReadAsync(file.Path, cancellation).ConfigureAwait(false);
        long offset = _offsets is { } some
            ? some[random.Next(some.Count)]
            : random.NextInt64(Math.Max(1, file.Acknowledged / ReadBytes)) * ReadBytes;
        _stream.Position = offset;
        int read = await _stream.ReadAtLeastAsync(_buffer, ReadBytes, false, cancellation).ConfigureAwait(false);
        trouble.NoteWrong(DrillContent.CountWrong(file.Number, offset, _buffer.AsSpan(0, read)));
    }

    public ValueTask DisposeAsync() => _stream?.DisposeAsync() ?? ValueTask.CompletedTask;
}
