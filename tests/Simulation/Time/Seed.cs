namespace DfsNet.Simulation.Time;

/// <summary>Random numbers from seeds that lie close together: .NET's own generator begins alike for them.</summary>
internal static class Seed
{
    /// <summary>A generator for one purpose; another purpose gets other numbers from the same seed.</summary>
    public static Random Numbers(long seed, int purpose) => new((int)(Mix(Mix((ulong)seed) + (ulong)purpose) >> 33));

    // The finaliser of SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014).
    private static ulong Mix(ulong value)
    {
        value += 0x9e37_79b9_7f4a_7c15;
        value = (value ^ (value >> 30)) * 0xbf58_476d_1ce4_e5b9;
        value = (value ^ (value >> 27)) * 0x94d0_49bb_1331_11eb;
        return value ^ (value >> 31);
    }
}
