using DfsNet.Devices;
using DfsNet.Storage.Disk;

namespace DfsNet.Storage.Tests.Disk;

/// <summary>A small file is the old one or the new one, whatever happens.</summary>
public sealed class AtomicFileTests
{
    [Fact]
    public async Task A_missing_file_is_null_and_an_empty_one_is_empty()
    {
        var disk = Create(1);
        Assert.Null(await AtomicFile.ReadAsync(disk, "identity"));
        await AtomicFile.WriteAsync(disk, "identity", Array.Empty<byte>());
        Assert.Empty((await AtomicFile.ReadAsync(disk, "identity"))!);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_crash_at_any_operation_leaves_the_old_content_or_the_new(bool replaces)
    {
        byte[] old = Payload(1, 700);
        byte[] replacement = Payload(2, 9000);
        for (int seed = 0; seed < 200; seed++)
        {
            bool ended = false;
            for (int crashAt = 1; !ended; crashAt++)
            {
                var disk = Create(seed);
                await disk.CreateDirectoryAsync("node");
                if (replaces)
                {
                    await AtomicFile.WriteAsync(disk, "node/vote", old);
                }

                disk.CrashAtOperation(crashAt);
                ended = await TryWriteAsync(disk, replacement);
                disk.Crash();
                disk.Restart();
                byte[]? found = await AtomicFile.ReadAsync(disk, "node/vote");
                byte[]? before = replaces ? old : null;
                Assert.True(IsSame(found, replacement) || (!ended && IsSame(found, before)), $"seed {seed}, crash at {crashAt}");

                // Whatever the crash left lying around does not hinder the next.
                await AtomicFile.WriteAsync(disk, "node/vote", old);
                Assert.Equal(old, await AtomicFile.ReadAsync(disk, "node/vote"));
            }
        }
    }

    [Fact]
    public async Task A_failed_flush_raises_and_leaves_the_old_content()
    {
        for (int seed = 0; seed < 20; seed++)
        {
            var disk = Create(seed);
            await AtomicFile.WriteAsync(disk, "vote", Payload(1, 100));
            disk.FailFlushAt(1);
            Assert.False(await TryWriteAsync(disk, Payload(2, 100), "vote"));
            disk.Crash();
            disk.Restart();
            Assert.Equal(Payload(1, 100), await AtomicFile.ReadAsync(disk, "vote"));
        }
    }

    [Fact]
    public async Task Any_flipped_bit_and_any_other_length_is_damage_and_never_missing()
    {
        var disk = Create(1);
        await AtomicFile.WriteAsync(disk, "vote", Payload(1, 100));
        for (int bit = 0; bit < 116 * 8; bit++)
        {
            disk.FlipBit("vote", bit);
            await Assert.ThrowsAsync<AtomicFileCorruptException>(() => AtomicFile.ReadAsync(disk, "vote"));
            disk.FlipBit("vote", bit);
        }

        foreach (int length in (int[])[117, 115, 20, 16, 15, 0])
        {
            await using var file = await disk.OpenAsync("vote", FileOpening.Existing);
            await file.SetLengthAsync(length);
            await Assert.ThrowsAsync<AtomicFileCorruptException>(() => AtomicFile.ReadAsync(disk, "vote"));
        }
    }

    private static SimulatedDisk Create(int seed) => new(new Random(seed), new ManualTime());

    private static byte[] Payload(int seed, int size)
    {
        byte[] payload = new byte[size];
        new Random(seed).NextBytes(payload);
        return payload;
    }

    private static bool IsSame(byte[]? a, byte[]? b) => a is null || b is null ? a == b : a.AsSpan().SequenceEqual(b);

    private static async Task<bool> TryWriteAsync(IDisk disk, byte[] content, string path = "node/vote")
    {
        try
        {
            await AtomicFile.WriteAsync(disk, path, content);
            return true;
        }
        catch (DiskException error) when (error.Failure == DiskFailure.Failed)
        {
            return false;
        }
    }
}
