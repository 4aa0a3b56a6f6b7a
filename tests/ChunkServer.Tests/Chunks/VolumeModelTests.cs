using CsCheck;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;
using DfsNet.Storage.Disk;

namespace DfsNet.ChunkServer.Tests.Chunks;

/// <summary>Any sequence of operations, faults, crashes and reopenings, against a dictionary of what was acknowledged.</summary>
public sealed class VolumeModelTests
{
    [Fact]
    public void A_volume_behaves_like_a_dictionary_through_crashes_and_faults()
    {
        var steps = Gen.Select(Gen.Enum<VolumeStep>(), Gen.Int[0, 5], Gen.Int[0, 400_000]).List[0, 40];
        Gen.Select(Gen.Int[0, 1_000_000], steps).Sample(
            (seed, list) => new VolumeModel().RunAsync(seed, list).GetAwaiter().GetResult(), iter: 100, threads: 1);
    }
}

/// <summary>What a script may do to a volume.</summary>
internal enum VolumeStep
{
    Create,
    AppendSmall,
    AppendLarge,
    AppendMany,
    Read,
    Seal,
    SealShorter,
    Remove,
    Import,
    Verify,
    CrashSoon,
    Crash,
    Kill,
    Close,
    Full,
    Roomy,
    FlushFails,
}
