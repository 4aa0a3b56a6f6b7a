using CsCheck;
using DfsNet.Simulation.Checkers.Recording;

namespace DfsNet.Simulation.Checkers.Contents;

public sealed class StreamedFileTests
{
    private readonly Chronicle _chronicle = new(() => 0);
    private readonly StreamedFile _file;

    public StreamedFileTests() => _file = new StreamedFile(_chronicle, "/s");

    [Fact]
    public void What_was_acknowledged_before_the_open_has_to_be_there()
    {
        byte[] first = Write(0, 100);
        _file.Acknowledge();
        var reader = _file.BeginOpen();
        byte[] second = Write(100, 50);

        Assert.True(reader.EndRead(0, first));
        Assert.True(reader.EndRead(100, []));
        Assert.True(_file.BeginOpen().EndRead(0, [.. first, .. second[..20]]));
        Assert.False(_file.BeginOpen().EndRead(0, new byte[100]));
        Assert.False(_file.BeginOpen().EndRead(60, []));
        Assert.Equal(2, _chronicle.Violations.Count);
    }

    [Fact]
    public void A_reader_never_goes_back()
    {
        byte[] old = Write(0, 100);
        _file.Acknowledge();
        var reader = _file.BeginOpen();
        byte[] young = Write(0, 100);

        Assert.True(reader.EndRead(0, [.. young[..40], .. old[40..60]]));
        Assert.True(reader.EndRead(0, young[..40]));
        Assert.True(reader.EndRead(50, old[50..]));
        Assert.False(reader.EndRead(30, old[30..50]));
        Assert.Contains("change 2 of 2 begun", _chronicle.Violations[0], StringComparison.Ordinal);
        Assert.Contains("Read: 30+20: #1 (change 1 of /s)", _chronicle.Violations[0], StringComparison.Ordinal);
    }

    [Fact]
    public void A_refresh_shows_what_was_acknowledged_before_it()
    {
        byte[] old = Write(0, 100);
        _file.Acknowledge();
        var reader = _file.BeginOpen();
        Write(0, 100);
        _file.Acknowledge();
        Assert.True(reader.EndRead(0, old));

        reader.EndRefresh(reader.BeginRefresh());

        Assert.False(reader.EndRead(0, old));
    }

    [Fact]
    public void Changes_are_seen_in_their_order()
    {
        byte[] first = Write(0, 100);
        _file.Acknowledge();
        var reader = _file.BeginOpen();
        Write(0, 50);
        byte[] third = Write(50, 50);

        Assert.False(reader.EndRead(0, [.. first[..50], .. third]));
    }

    [Fact]
    public void Holes_and_truncations_are_zeros()
    {
        byte[] first = Write(0, 100);
        _file.BeginTruncate(60);
        _file.BeginTruncate(80);
        byte[] last = Write(200, 10);
        _file.Acknowledge();

        Assert.True(_file.BeginOpen().EndRead(0, [.. first[..60], .. new byte[140], .. last]));
        Assert.False(_file.BeginOpen().EndRead(50, first[50..100]));
        Assert.False(_file.BeginOpen().EndRead(200, []));
    }

    [Fact]
    public void A_hole_is_there_once_a_byte_behind_it_is()
    {
        Write(0, 10);
        _file.Acknowledge();
        byte[] far = Write(100, 50);
        var reader = _file.BeginOpen();

        Assert.True(reader.EndRead(10, []));
        Assert.True(reader.EndRead(10, new byte[90]));
        Assert.False(reader.EndRead(20, []));
        Assert.True(reader.EndRead(90, [.. new byte[10], .. far[..20]]));
        Assert.True(reader.EndRead(120, []));
        Assert.False(reader.EndRead(110, []));
    }

    [Fact]
    public void A_writer_that_failed_leaves_its_last_changes_open_and_begins_anew_at_most()
    {
        byte[] first = Write(0, 100);
        _file.Acknowledge();
        byte[] second = Write(0, 100);
        _file.Fail(settled: true);
        Assert.True(_file.BeginOpen().EndRead(0, first));
        Assert.True(_file.BeginOpen().EndRead(0, second));

        _file.BeginTruncate(0);
        _file.Acknowledge();
        byte[] third = Write(0, 30);
        _file.Acknowledge();

        Assert.True(_file.BeginOpen().EndRead(0, third));
        Assert.False(_file.BeginOpen().EndRead(0, [.. third, .. second[30..]]));
    }

    [Fact]
    public void A_change_that_was_refused_is_seen_neither_before_nor_later()
    {
        byte[] first = Write(0, 100);
        _file.Acknowledge();
        var reader = _file.BeginOpen();
        byte[] second = Write(0, 100);
        Assert.True(reader.EndRead(0, first));
        Assert.True(_file.Refuse());
        Assert.False(_file.BeginOpen().EndRead(0, second));
        byte[] third = Write(0, 100);
        Assert.True(reader.EndRead(0, third));

        Assert.False(_file.Refuse());
        Assert.Contains("which was refused", _chronicle.Violations[^1], StringComparison.Ordinal);
        Assert.True(reader.EndRead(0, first));
    }

    [Fact]
    public void Every_state_on_the_way_is_allowed_and_what_lies_further_back_is_not()
    {
        (from seed in Gen.Int[0, 1_000_000] select seed).Sample(
            seed =>
            {
                var random = new Random(seed);
                var chronicle = new Chronicle(() => 0);
                var file = new StreamedFile(chronicle, "/s");
                for (int i = 0; i < 20; i++)
                {
                    Change(file, random);
                    var (changes, prefix) = (random.Next(file.Acknowledged, file.Begun + 1), random.Next(0, 40));
                    if (random.Next(2) == 0)
                    {
                        file.Acknowledge();
                        continue;
                    }

                    byte[] state = StateOf(file, changes, prefix);
                    long offset = random.Next(0, 200);
                    byte[] read = offset >= state.Length
                        ? []
                        : state[(int)offset..(int)Math.Min(state.Length, offset + random.Next(1, 100))];
                    if (!file.BeginOpen().EndRead(offset, read))
                    {
                        return false;
                    }

                    // No pattern has such a byte.
                    read = [.. read.Select((value, place) => place == read.Length / 2 ? (byte)1 : value)];
                    if (read.Length != 0 && file.BeginOpen().EndRead(offset, read))
                    {
                        return false;
                    }
                }

                return true;
            },
            iter: 500,
            threads: 1);
    }

    private static void Change(StreamedFile file, Random random)
    {
        if (random.Next(5) == 0)
        {
            file.BeginTruncate(random.Next(0, 200));
        }
        else
        {
            file.BeginWrite(random.Next(0, 150), random.Next(1, 80));
        }
    }

    // Made the simple way: all changes, and then some bytes of the next.
    private static byte[] StateOf(StreamedFile file, int changes, int prefix)
    {
        byte[] bytes = new byte[file.LengthAfter(changes)];
        file.Render(changes, 0, bytes);
        if (changes == file.Begun || file.ChangeAt(changes).IsTruncation || prefix == 0)
        {
            return bytes;
        }

        var next = file.ChangeAt(changes);
        long end = Math.Min(next.End, next.Start + prefix);
        Array.Resize(ref bytes, (int)Math.Max(bytes.Length, end));
        Pattern.Fill(next.Pattern, next.Start, bytes.AsSpan((int)next.Start..(int)end));
        return bytes;
    }

    private byte[] Write(long offset, int length) => Pattern.Make(_file.BeginWrite(offset, length), offset, length);
}
