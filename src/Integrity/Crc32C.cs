using System.Buffers.Binary;
using System.Numerics;

namespace DfsNet.Integrity;

/// <summary>CRC32C (Castagnoli), reflected, initial value and final xor 0xffffffff; the check value of "123456789" is e3069283.</summary>
public static class Crc32C
{
    private const uint Polynomial = 0x82F63B78;

    /// <summary>The checksum of no bytes.</summary>
    public const uint Empty = 0;

    /// <summary>The checksum of <paramref name="data"/>.</summary>
    public static uint Compute(ReadOnlySpan<byte> data) => Append(Empty, data);

    /// <summary>The checksum of a prefix with checksum <paramref name="crc"/> followed by <paramref name="data"/>.</summary>
    public static uint Append(uint crc, ReadOnlySpan<byte> data)
    {
        uint state = ~crc;
        while (data.Length >= 8)
        {
            state = BitOperations.Crc32C(state, BinaryPrimitives.ReadUInt64LittleEndian(data));
            data = data[8..];
        }

        foreach (byte value in data)
        {
            state = BitOperations.Crc32C(state, value);
        }

        return ~state;
    }

    /// <summary>
    /// The checksum of a concatenation from the checksums of its parts: multiplies <paramref name="first"/> by
    /// x^(8·<paramref name="secondLength"/>) modulo the polynomial (as zlib's crc32_combine does) and adds <paramref name="second"/>.
    /// </summary>
    public static uint Combine(uint first, uint second, long secondLength)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(secondLength);
        return MultiplyModulo(PowerOfX(secondLength * 8), first) ^ second;
    }

    private static uint MultiplyModulo(uint a, uint b)
    {
        uint product = 0;
        for (uint bit = 1u << 31; bit != 0; bit >>= 1)
        {
            if ((a & bit) != 0)
            {
                product ^= b;
            }

            b = (b & 1) != 0 ? (b >> 1) ^ Polynomial : b >> 1;
        }

        return product;
    }

    private static uint PowerOfX(long exponent)
    {
        uint result = 1u << 31;
        uint square = 1u << 30;
        for (; exponent != 0; exponent >>= 1)
        {
            if ((exponent & 1) != 0)
            {
                result = MultiplyModulo(square, result);
            }

            square = MultiplyModulo(square, square);
        }

        return result;
    }
}
