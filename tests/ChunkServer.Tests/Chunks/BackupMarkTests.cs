using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.ChunkServer.Tests.Chunks;

/// <summary>A chunk of a backup says so for as long as it lives: open, over a crash, after a checkpoint, sealed, and as a copy.</summary>
public sealed class BackupMarkTests
{
    private const int Length = 100_000;

    private static readonly BackupMark Mark = new(3, 4_711);
    private static readonly ChunkId Marked = new(5);
    private static readonly ChunkId Ordinary = new(6);

    [Fact]
    public async Task The_mark_of_an_open_chunk_survives_a_crash_and_stands_in_the_header_after_the_seal()
    {
        var bench = await CreateAsync();
        RequireMarks(bench);
        await bench.CrashAndOpenAsync();
        RequireMarks(bench);
        await bench.SealAsync(Marked, Length);
        await bench.SealAsync(Ordinary, Length);
        RequireMarks(bench);
        await bench.CrashAndOpenAsync();
        RequireMarks(bench);
        await bench.RequireContentAsync(Marked, Length);
    }

    [Fact]
    public async Task A_checkpoint_keeps_the_mark_of_an_open_chunk()
    {
        var bench = await CreateAsync();
        await bench.CloseAndOpenAsync();
        await bench.CloseAndOpenAsync();
        RequireMarks(bench);
        Assert.Equal(ReplicaCondition.Open, bench.Find(Marked)!.Condition);
    }

    [Fact]
    public async Task A_copy_has_the_mark_of_its_source()
    {
        var bench = await VolumeBench.CreateAsync();
        var import = await bench.Volume.ImportAsync(
            Marked, VolumeBench.Generation, Length, VolumeBench.Digest(Marked, Length), CancellationToken.None);
        await using (import)
        {
            import.Mark(Mark);
            await import.WriteAsync(VolumeBench.Content(Marked, 0, Length).ToArray(), CancellationToken.None);
            await import.CompleteAsync(CancellationToken.None);
        }

        await bench.CrashAndOpenAsync();
        Assert.Equal(Mark, bench.Volume.MarkOf(Marked));
    }

    private static async Task<VolumeBench> CreateAsync()
    {
        var bench = await VolumeBench.CreateAsync();
        var writer = await bench.Volume.CreateAsync(
            Marked, VolumeBench.Generation, VolumeBench.Capacity, Mark, CancellationToken.None);
        await VolumeBench.AppendAsync(writer, 0, Length);
        await bench.WriteChunkAsync(Ordinary, Length);
        return bench;
    }

    private static void RequireMarks(VolumeBench bench)
    {
        Assert.Equal((Mark.Incarnation, Mark.Index), (bench.Find(Marked)!.BackupIncarnation, bench.Find(Marked)!.BackupIndex));
        Assert.Equal(0UL, bench.Find(Ordinary)!.BackupIncarnation);
        Assert.Equal(Mark, bench.Volume.MarkOf(Marked));
        Assert.True(bench.Volume.MarkOf(Ordinary).IsNone);
    }
}
