using DfsNet.Storage.Disk;

namespace DfsNet.Storage.Journals;

/// <summary>
/// The segments of one log, written by one loop: appends a batch and flushes it, starts segments, drops trimmed ones. After an exception of
/// kind Failed, or from a flush, it must not be used again; after any other the log is as it was, and the next batch goes to a new segment.
/// </summary>
internal sealed class SegmentLog : IAsyncDisposable
{
    private readonly IDisk _disk;
    private readonly string _directory;
    private readonly JournalOptions _options;
    private readonly List<KnownSegment> _segments;
    private readonly BatchBuffer _carrier = new();
    private IReadOnlyList<UnprovenBatch> _unproven;
    private IDiskFile? _file;
    private long _end;
    private long _firstBatchEnd;
    private ulong _nextBatch;
    private long _nextPosition;
    private ulong _trimmed;

    public SegmentLog(IDisk disk, string directory, JournalOptions options, ScannedLog scanned)
    {
        _disk = disk;
        _directory = directory;
        _options = options;
        _segments = [.. scanned.Segments];
        _unproven = scanned.Unproven;
        _end = scanned.Unproven.Count > 0 ? scanned.Unproven[0].Offset : scanned.End;
        _nextBatch = scanned.Unproven.Count > 0 ? scanned.Unproven[0].Header.Number : scanned.NextBatch;
        _nextPosition = scanned.NextPosition;
        _trimmed = scanned.Trimmed;
    }

    /// <summary>Writes and flushes a batch without records: it proves the one before it, and carries what was trimmed.</summary>
    public Task AppendEmptyAsync(BatchBuffer batch)
    {
        batch.Clear();
        return AppendAsync(batch, _nextPosition);
    }

    /// <summary>Writes and flushes one batch.</summary>
    public async Task AppendAsync(BatchBuffer batch, long firstPosition)
    {
        bool fits = _end + batch.BytesOnDisk <= _options.SegmentBytes || _end == _firstBatchEnd;
        if (_file is null || !fits)
        {
            await StartSegmentAsync(firstPosition).ConfigureAwait(false);
        }

        var bytes = batch.Seal(NewHeader(_segments[^1].Number, _nextBatch, firstPosition));
        try
        {
            await _file!.WriteAsync(_end, bytes).ConfigureAwait(false);
        }
        catch (DiskException error) when (error.Failure != DiskFailure.Failed)
        {
            // What reached the file is no batch, and nothing is written there again: the next segment's header names the end before it.
            await AbandonAsync().ConfigureAwait(false);
            throw;
        }

        await FlushAsync(_file).ConfigureAwait(false);
        _end += bytes.Length;
        _nextBatch++;
        _nextPosition = firstPosition + batch.Records;
    }

    /// <summary>Begins a new segment for the record at this position, unless the current one would stay without any.</summary>
    public async Task<long> RotateAsync(long firstPosition)
    {
        if (_file is null || _segments[^1].FirstPosition != firstPosition)
        {
            await StartSegmentAsync(firstPosition).ConfigureAwait(false);
        }

        return _segments[^1].FirstPosition;
    }

    /// <summary>Says durably that nothing below the position is needed, then removes the segments that lie wholly below.</summary>
    public async Task TrimAsync(long position, BatchBuffer batch)
    {
        int unneeded = 0;
        while (unneeded + 1 < _segments.Count && _segments[unneeded + 1].FirstPosition <= position)
        {
            unneeded++;
        }

        if (unneeded == 0)
        {
            return;
        }

        ulong before = _trimmed;
        _trimmed = _segments[unneeded].Number;
        try
        {
            await AppendEmptyAsync(batch).ConfigureAwait(false);
        }
        catch (DiskException)
        {
            _trimmed = before;
            throw;
        }

        for (; unneeded > 0; unneeded--)
        {
            await _disk.DeleteAsync(Locate(JournalFormat.SegmentName(_segments[0].Number))).ConfigureAwait(false);
            _segments.RemoveAt(0);
        }
    }

    public ValueTask DisposeAsync() => _file?.DisposeAsync() ?? ValueTask.CompletedTask;

    /// <summary>
    /// After opening: makes the unproven batches durable, in a new segment or, on a full disk, where they stand; then the first batch
    /// starts the segment. Throws when the disk refuses both, unless they may wait.
    /// </summary>
    public async Task StartAsync(ScannedLog scanned)
    {
        try
        {
            await StartSegmentAsync(_nextPosition).ConfigureAwait(false);
        }
        catch (DiskException error) when (error.Failure == DiskFailure.Full)
        {
            await RewriteInPlaceAsync(scanned).ConfigureAwait(false);
        }
    }

    // The same bytes into the space they have, so that a tear harms nothing that was durable. They stay unproven: the next segment carries
    // them.
    private async Task RewriteInPlaceAsync(ScannedLog scanned)
    {
        if (_unproven.Count == 0)
        {
            return;
        }

        var file = await _disk.OpenAsync(scanned.LastPath, FileOpening.Existing).ConfigureAwait(false);
        await using (file.ConfigureAwait(false))
        {
            try
            {
                foreach (var batch in _unproven)
                {
                    _carrier.Clear();
                    _carrier.AddBody(batch.Body, batch.Header.Records);
                    await file.WriteAsync(batch.Offset, _carrier.Seal(batch.Header)).ConfigureAwait(false);
                }
            }
            catch (DiskException error) when (error.Failure == DiskFailure.Full && _options.UnprovenMayWait)
            {
                return;
            }

            await FlushAsync(file).ConfigureAwait(false);
        }
    }

    private async Task StartSegmentAsync(long firstPosition)
    {
        string temporary = Locate(JournalFormat.TemporaryName);
        await _disk.DeleteAsync(temporary).ConfigureAwait(false);
        var file = await _disk.OpenAsync(temporary, FileOpening.CreateNew).ConfigureAwait(false);
        bool started = false;
        try
        {
            await MakeSegmentAsync(file, firstPosition).ConfigureAwait(false);
            started = true;
        }
        catch (DiskException error) when (error.Failure != DiskFailure.Failed)
        {
            // It may hold the space of a whole segment.
            await _disk.DeleteAsync(temporary).ConfigureAwait(false);
            throw;
        }
        finally
        {
            if (!started)
            {
                await file.DisposeAsync().ConfigureAwait(false);
            }
        }

        if (_segments.Count > 1)
        {
            await ReleaseReservationAsync(Locate(JournalFormat.SegmentName(_segments[^2].Number))).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Makes the next segment: under a temporary name with everything it must never lose, flushed, renamed, its name flushed. A log that
    /// was just opened writes its unproven batches again here: they may stand in the page cache only, after a flush that failed.
    /// </summary>
    private async Task MakeSegmentAsync(IDiskFile file, long firstPosition)
    {
        ulong previous = _segments.Count > 0 ? _segments[^1].Number : 0;
        long first = _unproven.Count > 0 ? _unproven[0].Header.FirstPosition : firstPosition;
        await AllocateAsync(file).ConfigureAwait(false);
        long end = await CarryAsync(file, previous + 1).ConfigureAwait(false);
        byte[] page = new byte[JournalFormat.PageBytes];
        new SegmentHeader
        {
            Owner = _options.OwnerId,
            Segment = previous + 1,
            FirstBatch = _nextBatch,
            FirstPosition = first,
            PreviousSegment = previous,
            PreviousEnd = previous == 0 ? 0 : _end,
            FlushedBytes = end,
            Trimmed = _trimmed,
        }.Write(page);
        await file.WriteAsync(0, page).ConfigureAwait(false);
        await FlushAsync(file).ConfigureAwait(false);
        await _disk.RenameAsync(Locate(JournalFormat.TemporaryName), Locate(JournalFormat.SegmentName(previous + 1))).ConfigureAwait(false);
        await FlushNamesAsync().ConfigureAwait(false);
        await AbandonAsync().ConfigureAwait(false);
        _file = file;
        _end = end;
        _firstBatchEnd = end;
        _nextBatch += (ulong)_unproven.Count;
        _nextPosition = Math.Max(_nextPosition, firstPosition);
        _unproven = [];
        _segments.Add(new KnownSegment(previous + 1, first));
    }

    // Setting the length that a file has keeps every byte and gives back what was allocated beyond it.
    private async Task ReleaseReservationAsync(string path)
    {
        var file = await _disk.OpenAsync(path, FileOpening.Existing).ConfigureAwait(false);
        await using (file.ConfigureAwait(false))
        {
            await file.SetLengthAsync(await file.GetLengthAsync().ConfigureAwait(false)).ConfigureAwait(false);
        }
    }

    private async Task AllocateAsync(IDiskFile file)
    {
        try
        {
            await file.AllocateAsync(_options.SegmentBytes).ConfigureAwait(false);
        }
        catch (DiskException error) when (error.Failure == DiskFailure.Full)
        {
            // Space for a whole segment is a comfort; a nearly full disk must still take the records that free space on it.
            await file.SetLengthAsync(0).ConfigureAwait(false);
        }
    }

    private async Task<long> CarryAsync(IDiskFile file, ulong segment)
    {
        long end = JournalFormat.PageBytes;
        foreach (var batch in _unproven)
        {
            _carrier.Clear();
            _carrier.AddBody(batch.Body, batch.Header.Records);
            var bytes = _carrier.Seal(NewHeader(segment, batch.Header.Number, batch.Header.FirstPosition) with { Flushed = _nextBatch });
            await file.WriteAsync(end, bytes).ConfigureAwait(false);
            end += bytes.Length;
        }

        return end;
    }

    private BatchHeader NewHeader(ulong segment, ulong number, long firstPosition) =>
        new(_options.OwnerId, segment, number, number, firstPosition, _trimmed, 0, 0, 0);

    private async Task AbandonAsync()
    {
        if (_file is { } file)
        {
            _file = null;
            await file.DisposeAsync().ConfigureAwait(false);
        }
    }

    // Whatever kind a disk gives to a failed flush, for a log it is the end.
    private static async Task FlushAsync(IDiskFile file)
    {
        try
        {
            await file.FlushAsync().ConfigureAwait(false);
        }
        catch (DiskException error) when (error.Failure != DiskFailure.Failed)
        {
            throw new DiskException(DiskFailure.Failed, error.Operation, error.Path, error.Errno, error.Message);
        }
    }

    private async Task FlushNamesAsync()
    {
        try
        {
            await _disk.FlushDirectoryAsync(_directory).ConfigureAwait(false);
        }
        catch (DiskException error) when (error.Failure != DiskFailure.Failed)
        {
            throw new DiskException(DiskFailure.Failed, error.Operation, error.Path, error.Errno, error.Message);
        }
    }

    private string Locate(string name) => _directory.Length == 0 ? name : $"{_directory}/{name}";
}
