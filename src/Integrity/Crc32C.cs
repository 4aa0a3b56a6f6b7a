using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace DfsNet.Integrity;

/// <summary>CRC32C (Castagnoli), reflected, initial value and final xor 0xffffffff; the check value of "123456789" is e3069283.</summary>
public static class Crc32C
{
    /// <summary>The checksum of no bytes.</summary>
    public const uint Empty = 0;

    // The crc32 instruction takes three cycles and may start every cycle, so three lanes run at once and are joined by a multiplication.
    // Long lanes make the join cheap (64 KiB pieces are 10 rounds and a rest), short ones serve small records.
    private const int LongLaneBytes = 2048;
    private const int ShortLaneBytes = 128;

    private static readonly uint ShiftLong = Crc32CPolynomial.ShiftFactor(LongLaneBytes);
    private static readonly uint ShiftLongTwice = Crc32CPolynomial.ShiftFactor(2 * LongLaneBytes);
    private static readonly uint ShiftShort = Crc32CPolynomial.ShiftFactor(ShortLaneBytes);
    private static readonly uint ShiftShortTwice = Crc32CPolynomial.ShiftFactor(2 * ShortLaneBytes);

    /// <summary>The checksum of <paramref name="data"/>.</summary>
    public static uint Compute(ReadOnlySpan<byte> data) => Append(Empty, data);

    /// <summary>The checksum of a prefix with checksum <paramref name="crc"/> followed by <paramref name="data"/>.</summary>
    public static uint Append(uint crc, ReadOnlySpan<byte> data)
    {
        uint state = ~crc;
        if (Sse42.X64.IsSupported && Pclmulqdq.IsSupported)
        {
            state = AppendLanes(state, ref data, LongLaneBytes, ShiftLong, ShiftLongTwice);
            state = AppendLanes(state, ref data, ShortLaneBytes, ShiftShort, ShiftShortTwice);
        }

        return ~AppendSingle(state, data);
    }

    /// <summary>
    /// The checksum of a concatenation from the checksums of its parts: multiplies <paramref name="first"/> by
    /// x^(8·<paramref name="secondLength"/>) modulo the polynomial (as zlib's crc32_combine does) and adds <paramref name="second"/>.
    /// </summary>
    public static uint Combine(uint first, uint second, long secondLength)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(secondLength);
        return Crc32CPolynomial.Shift(first, secondLength) ^ second;
    }

    /// <summary>One lane: eight bytes at a time where the machine can (x64 and Arm), by table where not.</summary>
    internal static uint AppendSingle(uint state, ReadOnlySpan<byte> data)
    {
        while (data.Length >= 8)
        {
            state = BitOperations.Crc32C(state, BinaryPrimitives.ReadUInt64LittleEndian(data));
            data = data[8..];
        }

        foreach (byte value in data)
        {
            state = BitOperations.Crc32C(state, value);
        }

        return state;
    }

    private static unsafe uint AppendLanes(uint state, ref ReadOnlySpan<byte> data, int laneBytes, uint shift, uint shiftTwice)
    {
        if (data.Length < 3 * laneBytes)
        {
            return state;
        }

        ulong first = state;
        fixed (byte* start = data)
        {
            byte* at = start;
            byte* last = start + data.Length - (3 * laneBytes);
            for (; at <= last; at += 3 * laneBytes)
            {
                ulong second = 0;
                ulong third = 0;
                for (byte* word = at, end = at + laneBytes; word < end; word += 8)
                {
                    first = Sse42.X64.Crc32(first, *(ulong*)word);
                    second = Sse42.X64.Crc32(second, *(ulong*)(word + laneBytes));
                    third = Sse42.X64.Crc32(third, *(ulong*)(word + (2 * laneBytes)));
                }

                first = Multiply(first, shiftTwice) ^ Multiply(second, shift) ^ third;
            }

            data = data[(int)(at - start)..];
        }

        return (uint)first;
    }

    /// <summary>The carry-less product of two reflected values, reduced: a·b·x^33 modulo the polynomial.</summary>
    internal static ulong Multiply(ulong a, uint b)
    {
        var product = Pclmulqdq.CarrylessMultiply(Vector128.CreateScalar(a), Vector128.CreateScalar((ulong)b), 0);
        return Sse42.X64.Crc32(0, product.ToScalar());
    }
}
