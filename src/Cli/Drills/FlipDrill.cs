using DfsNet.Client;
using DfsNet.Protocol.Wire;

namespace DfsNet.Cli.Drills;

/// <summary>One bit of a replica of the drill's own file flips on the disk; somebody comes across it.</summary>
internal sealed class FlipDrill : IDrill
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    public string Name => "bit-flip";

    public string What => "one bit of a replica flips on the disk";

    public async Task<DrillScore> RunAsync(DrillStage stage, CancellationToken cancellation)
    {
        var (chunk, expected) = await ChooseAsync(stage, cancellation).ConfigureAwait(false);
        var target = chunk.Replicas[0];
        var strike = new StrikeRequest { Fault = DrillFault.FlipBit, ChunkId = chunk.ChunkId };
        stage.Load.Restart();
        await stage.Strikes.StrikeAsync(target.Address, strike, cancellation).ConfigureAwait(false);
        long since = stage.Time.GetTimestamp();
        byte[]? served = await stage.Strikes.ReadFirstBlockAsync(target.Address, chunk.ChunkId, chunk.Length, cancellation)
            .ConfigureAwait(false);
        TimeSpan? known = served is null ? stage.Time.GetElapsedTime(since) : null;
        var whole = await UntilMendedAsync(stage, chunk, expected, since, cancellation).ConfigureAwait(false);
        var noticed = await stage.Load.TakeAsync(cancellation).ConfigureAwait(false);
        var checks = new List<DrillCheck>
        {
            DrillCheck.Time("refused by its server after", known, stage.Bounds.RotKnown),
            DrillCheck.None("spoilt bytes served", served is null ? 0 : served.Zip(expected).LongCount(pair => pair.First != pair.Second)),
            DrillCheck.Time("slowest read", noticed.SlowestRead, stage.Bounds.ReadWhileStuck),
            DrillCheck.Time("whole again after", whole, stage.Bounds.Whole),
        };
        var remarks = new List<string>();
        noticed.AddLosses(checks, remarks);
        return new DrillScore(Name, target.Address, checks, remarks);
    }

    /// <summary>A chunk of the drill's file with all its replicas, and what its first block must be.</summary>
    private static async Task<(DfsChunk Chunk, byte[] Expected)> ChooseAsync(DrillStage stage, CancellationToken cancellation)
    {
        var content = stage.Load.Content;
        var layout = await stage.Files.LocateAsync(content.Path, cancellation).ConfigureAwait(false);
        foreach (var slice in layout.Slices.Where(slice => slice.ChunkOffset == 0 && slice.FileOffset % DrillContent.RecordBytes == 0))
        {
            var chunk = layout.Chunks.Single(chunk => chunk.ChunkId == slice.ChunkId);
            if (chunk.Sealed && slice.Length >= DrillContent.RecordBytes && HasAll(chunk))
            {
                return (chunk, DrillContent.Record(content.Number, slice.FileOffset / DrillContent.RecordBytes));
            }
        }

        throw new CommandFailure("nothing is struck: no chunk of the drill's own file has all its replicas");
    }

    private static bool HasAll(DfsChunk chunk) =>
        chunk.Replicas.Count >= chunk.Replication && chunk.Replicas.All(replica => replica.Healthy);

    /// <summary>Until the chunk has its replicas again, and every one of them serves what it must.</summary>
    private static async Task<TimeSpan?> UntilMendedAsync(
        DrillStage stage, DfsChunk chunk, byte[] expected, long since, CancellationToken cancellation)
    {
        while (stage.Time.GetElapsedTime(since) < stage.Bounds.Whole)
        {
            var layout = await stage.Files.LocateAsync(stage.Load.Content.Path, cancellation).ConfigureAwait(false);
            var now = layout.Chunks.Single(other => other.ChunkId == chunk.ChunkId);
            bool isMended = HasAll(now);
            foreach (var replica in now.Replicas)
            {
                byte[]? served = isMended
                    ? await stage.Strikes.ReadFirstBlockAsync(replica.Address, now.ChunkId, now.Length, cancellation).ConfigureAwait(false)
                    : null;
                isMended = isMended && served is not null && served.AsSpan().SequenceEqual(expected);
            }

            if (isMended)
            {
                return stage.Time.GetElapsedTime(since);
            }

            await Task.Delay(Look, stage.Time, cancellation).ConfigureAwait(false);
        }

        return null;
    }
}
