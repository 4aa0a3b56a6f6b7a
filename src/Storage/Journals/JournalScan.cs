using System.Buffers.Binary;
using DfsNet.Storage.Disk;

namespace DfsNet.Storage.Journals;

/// <summary>
/// Reads what is there: finds the end of the log in the last segment, tells an incomplete tail from damage, and replays every record that
/// is known to be durable; those of the unproven batches when they are. Nothing is changed but leftovers: a half-made segment and segments
/// already trimmed.
/// </summary>
internal sealed class JournalScan(IDisk disk, string directory, JournalOptions options, Func<JournalRecord, ValueTask> replay)
{
    private readonly List<string> _foreign = [];
    private readonly SortedSet<ulong> _numbers = [];
    private long _records;
    private long _firstPosition = -1;

    public async Task<ScannedLog> RunAsync(CancellationToken cancellation)
    {
        await ListAsync().ConfigureAwait(false);
        if (_numbers.Count == 0)
        {
            return options.MustExist
                ? throw new JournalDamagedException(directory, 0, "no segment is there, though the journal exists")
                : Describe([], new LastSegment("", 0, 1, 0, 0, 0, [], 0));
        }

        ulong last = _numbers.Max;
        var tail = await FindEndAsync(last).ConfigureAwait(false);
        var segments = new List<KnownSegment>();
        var before = default(SegmentEnd?);
        for (ulong number = Math.Max(tail.Trimmed, 1); number <= last; number++)
        {
            cancellation.ThrowIfCancellationRequested();
            if (!_numbers.Contains(number))
            {
                throw new JournalDamagedException(directory, 0, $"segment {JournalFormat.SegmentName(number)} is missing");
            }

            var reader = await OpenAsync(number).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                segments.Add(new KnownSegment(number, reader.Header.FirstPosition));
                long end = number == last ? tail.ProvenEnd : await ReadNamedEndAsync(number).ConfigureAwait(false);
                before = await ReplayAsync(reader, before, end, cancellation).ConfigureAwait(false);
            }
        }

        await DropTrimmedAsync(tail.ProvenTrimmed).ConfigureAwait(false);
        return Describe(segments, tail);
    }

    /// <summary>Replays what was unproven and has been made durable since; what the whole log was like.</summary>
    public async Task<JournalRecovery> ReplayUnprovenAsync(ScannedLog scanned)
    {
        foreach (var batch in scanned.Unproven)
        {
            await ReplayRecordsAsync(scanned.LastPath, batch.Offset, batch.Header, batch.Body).ConfigureAwait(false);
        }

        long first = _firstPosition < 0 ? scanned.NextPosition : _firstPosition;
        return new JournalRecovery(scanned.Segments.Count, _records, first, scanned.NextPosition, scanned.BytesCut, _foreign);
    }

    private static ScannedLog Describe(IReadOnlyList<KnownSegment> segments, LastSegment tail) => new()
    {
        Segments = segments,
        LastPath = tail.Path,
        End = tail.End,
        NextBatch = tail.NextBatch,
        NextPosition = tail.NextPosition,
        Trimmed = tail.Trimmed,
        Unproven = tail.Unproven,
        BytesCut = tail.BytesCut,
    };

    private async Task ListAsync()
    {
        if (!options.MustExist)
        {
            await disk.CreateDirectoryAsync(directory).ConfigureAwait(false);
        }
        else if (!await disk.ExistsAsync(directory).ConfigureAwait(false))
        {
            throw new JournalDamagedException(directory, 0, "the directory is missing, though the journal exists");
        }

        // A process may have died between renaming a segment and flushing its name: what is seen here must not vanish later.
        var names = await disk.ListAsync(directory).ConfigureAwait(false);
        await disk.FlushDirectoryAsync(directory).ConfigureAwait(false);
        foreach (string name in names)
        {
            if (JournalFormat.TryParseSegmentName(name, out ulong number))
            {
                _numbers.Add(number);
            }
            else if (name != JournalFormat.TemporaryName)
            {
                _foreign.Add(name);
            }
        }
    }

    /// <summary>The end of the log: the first batch of the last segment that is not whole, if nothing says that it once was.</summary>
    private async Task<LastSegment> FindEndAsync(ulong last)
    {
        var reader = await OpenAsync(last).ConfigureAwait(false);
        await using (reader.ConfigureAwait(false))
        {
            var header = reader.Header;
            long offset = JournalFormat.PageBytes;
            ulong number = header.FirstBatch;
            long position = header.FirstPosition;
            ulong trimmed = header.Trimmed;
            ulong provenTrimmed = trimmed;
            var unproven = new List<(long Offset, ulong Number)>();
            while (await reader.ReadBatchAsync(offset).ConfigureAwait(false) is { } batch && IsNext(batch.Header, number, position))
            {
                unproven.RemoveAll(earlier => earlier.Number < batch.Header.Flushed);
                if (offset >= header.FlushedBytes)
                {
                    unproven.Add((offset, number));
                }

                // What the batches before this one trimmed is durable; what it trims itself may stand in the page cache only.
                provenTrimmed = batch.Header.Flushed == number ? trimmed : provenTrimmed;
                number++;
                position = batch.Header.EndPosition;
                trimmed = Math.Max(trimmed, batch.Header.Trimmed);
                offset += JournalFormat.BatchOnDisk(batch.Header.BodyBytes);
            }

            await RequireTailAsync(reader, offset, number).ConfigureAwait(false);
            var kept = await ReadUnprovenAsync(reader, unproven).ConfigureAwait(false);
            return new LastSegment(
                reader.Path, offset, number, position, trimmed, provenTrimmed, kept, Math.Max(0, reader.Length - offset));
        }
    }

    /// <summary>Invariant 7: damage at a place that a later header calls flushed is damage; anything else is an incomplete tail.</summary>
    private static async Task RequireTailAsync(SegmentReader reader, long end, ulong expected)
    {
        if (end < reader.Header.FlushedBytes)
        {
            throw new JournalDamagedException(reader.Path, end, $"batch {expected} was flushed before the segment was named");
        }

        for (long offset = end; offset < reader.Length; offset += JournalFormat.PageBytes)
        {
            if (await reader.ReadBatchHeaderAsync(offset).ConfigureAwait(false) is { } later && later.Flushed > expected)
            {
                throw new JournalDamagedException(
                    reader.Path, end, $"batch {expected} is not whole, but batch {later.Number} says that it was flushed");
            }
        }
    }

    private static async Task<IReadOnlyList<UnprovenBatch>> ReadUnprovenAsync(
        SegmentReader reader, List<(long Offset, ulong Number)> places)
    {
        var batches = new List<UnprovenBatch>();
        foreach (var (offset, number) in places)
        {
            var batch = await reader.ReadBatchAsync(offset).ConfigureAwait(false)
                ?? throw new JournalDamagedException(reader.Path, offset, $"batch {number} changed while it was read");
            batches.Add(new UnprovenBatch(offset, batch.Header, batch.Body.ToArray()));
        }

        return batches;
    }

    private async Task<SegmentEnd> ReplayAsync(SegmentReader reader, SegmentEnd? before, long end, CancellationToken cancellation)
    {
        var header = reader.Header;
        if (before is { } known && (header.PreviousSegment != reader.Segment - 1 || header.FirstBatch != known.NextBatch
            || header.FirstPosition < known.NextPosition))
        {
            throw new JournalDamagedException(
                reader.Path, 0, $"it does not follow batch {known.NextBatch - 1} at position {known.NextPosition}");
        }

        long offset = JournalFormat.PageBytes;
        var here = new SegmentEnd(header.FirstBatch, header.FirstPosition);
        while (offset < end)
        {
            cancellation.ThrowIfCancellationRequested();
            if (await reader.ReadBatchAsync(offset).ConfigureAwait(false) is not { } batch
                || !IsNext(batch.Header, here.NextBatch, here.NextPosition))
            {
                throw new JournalDamagedException(
                    reader.Path, offset, $"batch {here.NextBatch} is not whole, and the log goes on behind it");
            }

            await ReplayRecordsAsync(reader.Path, offset, batch.Header, batch.Body).ConfigureAwait(false);
            here = new SegmentEnd(here.NextBatch + 1, batch.Header.EndPosition);
            offset += JournalFormat.BatchOnDisk(batch.Header.BodyBytes);
        }

        return offset == end
            ? here
            : throw new JournalDamagedException(reader.Path, end, "the next segment does not begin where a batch ends");
    }

    private async ValueTask ReplayRecordsAsync(string path, long offset, BatchHeader header, ReadOnlyMemory<byte> body)
    {
        for (int i = 0; i < header.Records; i++)
        {
            int length = body.Length < JournalFormat.RecordHeaderBytes ? -1 : BinaryPrimitives.ReadInt32LittleEndian(body.Span);
            if (length < 0 || length > body.Length - JournalFormat.RecordHeaderBytes)
            {
                throw new JournalDamagedException(path, offset, $"record {i} of batch {header.Number} reaches beyond it");
            }

            _firstPosition = _firstPosition < 0 ? header.FirstPosition : _firstPosition;
            _records++;
            var payload = body.Slice(JournalFormat.RecordHeaderBytes, length);
            await replay(new JournalRecord(header.FirstPosition + i, payload)).ConfigureAwait(false);
            body = body[(JournalFormat.RecordHeaderBytes + length)..];
        }
    }

    private async Task<long> ReadNamedEndAsync(ulong number)
    {
        if (!_numbers.Contains(number + 1))
        {
            throw new JournalDamagedException(directory, 0, $"segment {JournalFormat.SegmentName(number + 1)} is missing");
        }

        var next = await OpenAsync(number + 1).ConfigureAwait(false);
        await using (next.ConfigureAwait(false))
        {
            return next.Header.PreviousEnd;
        }
    }

    private async Task DropTrimmedAsync(ulong trimmed)
    {
        await disk.DeleteAsync(Locate(JournalFormat.TemporaryName)).ConfigureAwait(false);
        foreach (ulong number in _numbers.Where(number => number < trimmed))
        {
            await disk.DeleteAsync(Locate(JournalFormat.SegmentName(number))).ConfigureAwait(false);
        }
    }

    // A position may be skipped by a record that found the disk full, never used again.
    private static bool IsNext(BatchHeader header, ulong number, long position) =>
        header.Number == number && header.FirstPosition >= position;

    private Task<SegmentReader> OpenAsync(ulong number) =>
        SegmentReader.OpenAsync(disk, Locate(JournalFormat.SegmentName(number)), number, options.OwnerId);

    private string Locate(string name) => directory.Length == 0 ? name : $"{directory}/{name}";

    /// <summary>What must follow behind a segment.</summary>
    private readonly record struct SegmentEnd(ulong NextBatch, long NextPosition);

    /// <summary>What the newest segment says about the end of the log.</summary>
    private sealed record LastSegment(
        string Path, long End, ulong NextBatch, long NextPosition, ulong Trimmed, ulong ProvenTrimmed,
        IReadOnlyList<UnprovenBatch> Unproven, long BytesCut)
    {
        public long ProvenEnd => Unproven.Count > 0 ? Unproven[0].Offset : End;
    }
}
