using System.Runtime.Intrinsics.X86;

namespace DfsNet.Integrity;

/// <summary>
/// Arithmetic modulo the polynomial of CRC32C on reflected values (bit 31 is x^0): what a checksum becomes when zeros follow its bytes.
/// </summary>
internal static class Crc32CPolynomial
{
    private const uint Polynomial = 0x82F63B78;

    /// <summary>x^0.</summary>
    private const uint One = 1u << 31;

    // The polynomial is (x + 1) times a primitive one of degree 31: powers of x repeat with this period.
    private const long Period = (1L << 31) - 1;

    // For each power of two n: x^(8n) for plain multiplication, x^(8n - 33) for the machine's, which brings in x^33.
    private static readonly uint[] PlainFactors = [.. Enumerable.Range(0, 63).Select(bit => PowerOfX(EightTimes(bit)))];
    private static readonly uint[] MachineFactors = [.. Enumerable.Range(0, 63).Select(bit => PowerOfX(EightTimes(bit) - 33))];

    /// <summary>The factor that moves a checksum over <paramref name="bytes"/> zeros with <see cref="Crc32C.Multiply"/>.</summary>
    public static uint ShiftFactor(int bytes) => PowerOfX((8L * bytes) - 33);

    /// <summary>Multiplies by x^(8·<paramref name="bytes"/>).</summary>
    public static uint Shift(uint crc, long bytes) =>
        Sse42.X64.IsSupported && Pclmulqdq.IsSupported ? ShiftByMachine(crc, bytes) : ShiftPlainly(crc, bytes);

    internal static uint ShiftPlainly(uint crc, long bytes)
    {
        for (int bit = 0; bytes != 0; bit++, bytes >>= 1)
        {
            if ((bytes & 1) != 0)
            {
                crc = MultiplyModulo(PlainFactors[bit], crc);
            }
        }

        return crc;
    }

    private static uint ShiftByMachine(uint crc, long bytes)
    {
        for (int bit = 0; bytes != 0; bit++, bytes >>= 1)
        {
            if ((bytes & 1) != 0)
            {
                crc = (uint)Crc32C.Multiply(crc, MachineFactors[bit]);
            }
        }

        return crc;
    }

    // 8 · 2^bit modulo the period; 2^31 is 1 there.
    private static long EightTimes(int bit) => 1L << ((bit + 3) % 31);

    private static uint PowerOfX(long exponent)
    {
        exponent = ((exponent % Period) + Period) % Period;
        uint result = One;
        uint square = One >> 1;
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

    private static uint MultiplyModulo(uint a, uint b)
    {
        uint product = 0;
        for (uint bit = One; bit != 0; bit >>= 1)
        {
            if ((a & bit) != 0)
            {
                product ^= b;
            }

            b = (b & 1) != 0 ? (b >> 1) ^ Polynomial : b >> 1;
        }

        return product;
    }
}
