namespace DfsNet.Simulation.Checkers.Linearizability;

/// <summary>Hashes that are the same in every process, unlike those of the framework.</summary>
internal static class Mixing
{
    private const ulong FnvOffset = 0xcbf2_9ce4_8422_2325;
    private const ulong FnvPrime = 0x0000_0100_0000_01b3;

    /// <summary>The last steps of splitmix64: every bit of the input reaches every bit of the output.</summary>
    public static ulong Scramble(ulong word)
    {
        word += 0x9e37_79b9_7f4a_7c15;
        word = (word ^ (word >> 30)) * 0xbf58_476d_1ce4_e5b9;
        word = (word ^ (word >> 27)) * 0x94d0_49bb_1331_11eb;
        return word ^ (word >> 31);
    }

    public static ulong Add(ulong hash, ulong word) => Scramble((hash * FnvPrime) ^ word);

    public static ulong Of(string text)
    {
        ulong hash = FnvOffset;
        foreach (char letter in text)
        {
            hash = (hash ^ letter) * FnvPrime;
        }

        return Scramble(hash);
    }
}
