using CsCheck;

namespace DfsNet.Simulation.Checkers.Contents;

public sealed class PatternTests
{
    [Fact]
    public void Every_piece_of_a_pattern_is_part_of_the_whole_and_holds_no_zero()
    {
        byte[] whole = Pattern.Make(77, 0, 4096);
        Assert.DoesNotContain((byte)0, whole);
        (from offset in Gen.Int[0, 4000] from length in Gen.Int[0, 96] select (offset, length)).Sample(
            piece => whole.AsSpan(piece.offset, piece.length).SequenceEqual(Pattern.Make(77, piece.offset, piece.length)), threads: 1);
    }

    [Fact]
    public void Eight_bytes_tell_their_pattern_and_place()
    {
        (from number in Gen.Int[1, Pattern.NumberMax] from cell in Gen.Int[0, (1 << 30) - 1] select (number, cell)).Sample(
            at =>
            {
                long offset = (long)at.cell * Pattern.CellBytes;
                return Pattern.Identify(Pattern.Make(at.number, offset, Pattern.CellBytes)) == (at.number, offset);
            },
            threads: 1);
    }

    [Fact]
    public void Matching_ends_at_the_first_byte_of_something_else()
    {
        byte[] bytes = Pattern.Make(5, 100, 3000);
        Assert.Equal(3000, Pattern.CountMatching(5, 100, bytes));
        bytes[2999] ^= 1;
        Assert.Equal(2999, Pattern.CountMatching(5, 100, bytes));
        Assert.InRange(Pattern.CountMatching(6, 100, bytes), 0, 2);
    }

    [Fact]
    public void What_bytes_are_is_told_run_by_run()
    {
        byte[] bytes =
            [.. Pattern.Make(3, 64, 40), .. new byte[10], .. Pattern.Make(4, 1001, 30), 1, 2, 3];

        string text = Pattern.Describe(64, bytes, number => number < 10 ? $"pattern {number}" : null);

        Assert.Equal("64+40: pattern 3, 104+10: zeros, 114+30: pattern 4 from offset 1001, 144+3: no pattern (010203)", text);
    }
}
