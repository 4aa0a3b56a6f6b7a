using System.Buffers.Binary;
using System.Text;

namespace DfsNet.Simulation.Checkers.Contents;

/// <summary>
/// The bytes that workloads write. A pattern is an endless string of bytes made of its number alone. Eight bytes at a multiple of eight
/// tell their pattern and place; no byte is zero, so that holes and lost bytes are seen; and neighbouring patterns have nothing in common,
/// so that a few bytes of a wrong one are seen as well.
/// </summary>
internal static class Pattern
{
    public const int CellBytes = 8;

    /// <summary>Patterns are numbered from 1 to this; 0 stands for none.</summary>
    public const int NumberMax = (1 << NumberBits) - 1;

    // Seven bits of each byte are used, the eighth is set: 56 bits for the number and the place of a cell.
    private const int NumberBits = 26;
    private const int PlaceBits = 30;
    private const ulong Mask = (1UL << (NumberBits + PlaceBits)) - 1;
    private const ulong HighBits = 0x8080_8080_8080_8080;

    // Odd, so that multiplying by it can be undone.
    private const ulong Factor = 0x00d6_e8fe_b866_59fd;
    private const int Shift = 28;
    private const int RunsShown = 8;

    private static readonly ulong Inverse = Invert(Factor);

    /// <summary>The bytes of a pattern from <paramref name="offset"/> on.</summary>
    public static void Fill(int number, long offset, Span<byte> target)
    {
        ulong place = (ulong)offset / CellBytes;
        int skipped = (int)(offset % CellBytes);
        Span<byte> cell = stackalloc byte[CellBytes];
        if (skipped != 0)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(cell, CellAt(number, place++));
            int length = Math.Min(CellBytes - skipped, target.Length);
            cell.Slice(skipped, length).CopyTo(target);
            target = target[length..];
        }

        for (; target.Length >= CellBytes; target = target[CellBytes..])
        {
            BinaryPrimitives.WriteUInt64LittleEndian(target, CellAt(number, place++));
        }

        if (!target.IsEmpty)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(cell, CellAt(number, place));
            cell[..target.Length].CopyTo(target);
        }
    }

    public static byte[] Make(int number, long offset, int length)
    {
        byte[] bytes = new byte[length];
        Fill(number, offset, bytes);
        return bytes;
    }

    /// <summary>How many of the bytes are those of the pattern from <paramref name="offset"/> on, before the first that is not.</summary>
    public static int CountMatching(int number, long offset, ReadOnlySpan<byte> bytes)
    {
        Span<byte> expected = stackalloc byte[1024];
        for (int done = 0; done < bytes.Length;)
        {
            var some = expected[..Math.Min(expected.Length, bytes.Length - done)];
            Fill(number, offset + done, some);
            int matching = some.CommonPrefixLength(bytes[done..]);
            done += matching;
            if (matching < some.Length)
            {
                return done;
            }
        }

        return bytes.Length;
    }

    /// <summary>Which pattern, and which place in it, eight bytes are; wild numbers when they are no pattern.</summary>
    public static (int Number, long Offset) Identify(ReadOnlySpan<byte> cell)
    {
        ulong packed = BinaryPrimitives.ReadUInt64LittleEndian(cell);
        ulong word = 0;
        for (int i = 0; i < CellBytes; i++)
        {
            word |= ((packed >> (8 * i)) & 0x7f) << (7 * i);
        }

        word ^= word >> Shift;
        word = (word * Inverse) & Mask;
        word ^= word >> Shift;
        return ((int)(word >> PlaceBits), (long)(word & ((1UL << PlaceBits) - 1)) * CellBytes);
    }

    /// <summary>For people: what the bytes at <paramref name="offset"/> of a file are, run by run.</summary>
    /// <param name="offset">Where the bytes were found: said of those only that belong elsewhere.</param>
    /// <param name="bytes">What was found.</param>
    /// <param name="nameOf">What was written with a pattern; null for one that nobody wrote.</param>
    public static string Describe(long offset, ReadOnlySpan<byte> bytes, Func<int, string?> nameOf)
    {
        var text = new StringBuilder();
        int runs = 0;
        for (int at = 0; at < bytes.Length; runs++)
        {
            if (runs == RunsShown)
            {
                return text.Append($" … ({bytes.Length - at} more bytes)").ToString();
            }

            var (length, what) = RunAt(offset + at, bytes[at..], nameOf);
            text.Append(runs == 0 ? "" : ", ").Append($"{offset + at}+{length}: {what}");
            at += length;
        }

        return text.Length == 0 ? "nothing" : text.ToString();
    }

    private static (int Length, string What) RunAt(long offset, ReadOnlySpan<byte> bytes, Func<int, string?> nameOf)
    {
        int zeros = bytes.IndexOfAnyExcept((byte)0);
        if (zeros != 0)
        {
            return (zeros < 0 ? bytes.Length : zeros, "zeros");
        }

        // The bytes may come from another place: cells are looked for at every alignment.
        for (int skip = 0; skip < CellBytes && skip + CellBytes <= bytes.Length; skip++)
        {
            var (number, place) = Identify(bytes[skip..]);
            if (place >= skip
                && nameOf(number) is { } name
                && CountMatching(number, place - skip, bytes) is var length
                && length >= skip + CellBytes)
            {
                return (length, place - skip == offset ? name : $"{name} from offset {place - skip}");
            }
        }

        int next = bytes.IndexOf((byte)0);
        int unknown = Math.Min(next < 0 ? bytes.Length : next, CellBytes);
        return (unknown, $"no pattern ({Convert.ToHexString(bytes[..unknown])})");
    }

    private static ulong CellAt(int number, ulong place)
    {
        ulong word = ((ulong)number << PlaceBits) | (place & ((1UL << PlaceBits) - 1));
        word ^= word >> Shift;
        word = (word * Factor) & Mask;
        word ^= word >> Shift;
        return Spread(word) | HighBits;
    }

    /// <summary>Seven bits into each byte: halves, then quarters, then eighths move apart.</summary>
    private static ulong Spread(ulong word)
    {
        word = (word & 0x0000_0000_0fff_ffff) | ((word & 0x00ff_ffff_f000_0000) << 4);
        word = (word & 0x0000_3fff_0000_3fff) | ((word & 0x0fff_c000_0fff_c000) << 2);
        return (word & 0x007f_007f_007f_007f) | ((word & 0x3f80_3f80_3f80_3f80) << 1);
    }

    private static ulong Invert(ulong odd)
    {
        // Newton's iteration: each step doubles the number of right bits.
        ulong inverse = odd;
        for (int i = 0; i < 6; i++)
        {
            inverse *= 2 - (odd * inverse);
        }

        return inverse & Mask;
    }
}
