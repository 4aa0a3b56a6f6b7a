using CsCheck;
using DfsNet.Integrity;

namespace DfsNet.Integrity.Tests;

/// <summary>CRC32C against a reference that goes bit by bit.</summary>
public sealed class Crc32CTests
{
    private static readonly Gen<byte[]> Data = Gen.OneOf(
        Gen.Byte.Array[0, 1000],
        Gen.Select(Gen.Int[0, 30_000], Gen.Int, (length, seed) => Random(length, seed)));

    [Fact]
    public void The_check_value_is_the_published_one() => Assert.Equal(0xE3069283, Crc32C.Compute("123456789"u8));

    [Fact]
    public void Known_vectors_of_iSCSI_hold()
    {
        Assert.Equal(0x8A9136AAu, Crc32C.Compute(new byte[32]));
        Assert.Equal(0x62A8AB43u, Crc32C.Compute([.. Enumerable.Repeat((byte)0xFF, 32)]));
        Assert.Equal(0x46DD794Eu, Crc32C.Compute([.. Enumerable.Range(0, 32).Select(i => (byte)i)]));
        Assert.Equal(Crc32C.Empty, Crc32C.Compute([]));
    }

    [Fact]
    public void Every_length_around_the_lanes_equals_the_reference()
    {
        byte[] data = Random(20_000, 1);
        int[] turns = [0, 128, 256, 384, 512, 768, 2048, 4096, 6144, 6528, 8192, 12_288, 12_672];
        foreach (int length in turns.SelectMany(turn => Enumerable.Range(Math.Max(0, turn - 9), 19)))
        {
            Assert.Equal(Reference(0, data.AsSpan(1, length)), Crc32C.Compute(data.AsSpan(1, length)));
        }
    }

    [Fact]
    public void Any_data_equals_the_reference() => Data.Sample(data => Crc32C.Compute(data) == Reference(0, data), iter: 1000);

    [Fact]
    public void The_single_lane_equals_the_lanes() => Data.Sample(data =>
        ~Crc32C.AppendSingle(~0u, data) == Crc32C.Compute(data), iter: 1000);

    [Fact]
    public void Appending_in_parts_equals_computing_at_once() => Gen.Select(Data, Gen.Double[0, 1]).Sample((data, share) =>
    {
        int cut = (int)(data.Length * share);
        return Crc32C.Append(Crc32C.Compute(data.AsSpan(0, cut)), data.AsSpan(cut)) == Crc32C.Compute(data);
    }, iter: 1000);

    [Fact]
    public void Combining_parts_equals_computing_the_whole() => Gen.Select(Data, Data).Sample((first, second) =>
        Crc32C.Combine(Crc32C.Compute(first), Crc32C.Compute(second), second.Length) == Crc32C.Compute([.. first, .. second]), iter: 1000);

    [Fact]
    public void Shifting_by_machine_equals_shifting_plainly() => Gen.Select(Gen.UInt, Gen.Long[0, long.MaxValue]).Sample((crc, length) =>
        Crc32C.Combine(crc, 0, length) == Crc32CPolynomial.ShiftPlainly(crc, length), iter: 1000);

    [Fact]
    public void Combining_is_associative_for_huge_lengths() => Gen.Select(Gen.UInt, Gen.Long[0, 1L << 61], Gen.Long[0, 1L << 61]).Sample(
        (crc, a, b) => Crc32C.Combine(Crc32C.Combine(crc, 0, a), 0, b) == Crc32C.Combine(crc, 0, a + b), iter: 1000);

    [Fact]
    public void Any_flipped_bit_is_seen() => Gen.Select(Data, Gen.Int[0, int.MaxValue]).Sample((data, place) =>
    {
        data = [.. data, 0];
        uint before = Crc32C.Compute(data);
        data[place % data.Length] ^= (byte)(1 << (place % 8));
        return Crc32C.Compute(data) != before;
    }, iter: 1000);

    private static byte[] Random(int length, int seed)
    {
        byte[] data = new byte[length];
        new Random(seed).NextBytes(data);
        return data;
    }

    private static uint Reference(uint crc, ReadOnlySpan<byte> data)
    {
        uint state = ~crc;
        foreach (byte value in data)
        {
            state ^= value;
            for (int bit = 0; bit < 8; bit++)
            {
                state = (state & 1) != 0 ? (state >> 1) ^ 0x82F63B78 : state >> 1;
            }
        }

        return ~state;
    }
}
