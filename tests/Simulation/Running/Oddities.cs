using DfsNet.Protocol;

namespace DfsNet.Simulation.Running;

/// <summary>
/// Options at the edge of what is allowed, a few in some runs: what else would hardly ever happen. They come from numbers of their
/// own, so that a new one changes only the runs that draw it.
/// </summary>
internal static class Oddities
{
    // Four runs of ten are left without any.
    private const int OneOf = 8;
    private const long MiB = 1 << 20;
    private static readonly TimeSpan LongTrust = TimeSpan.FromMinutes(1);

    private static readonly (string Name, Func<Shape, Random, Shape> Change)[] All =
    [
        ("chunks are removed at once, layouts trusted for long", (shape, random) => shape with
        {
            MetaOptions = shape.MetaOptions with
            {
                RemovalGrace = TimeSpan.FromMilliseconds(random.Next(100)),
                LayoutTrust = LongTrust,
            },
            ClientOptions = shape.ClientOptions with { LayoutTrust = LongTrust },
        }),
        ("few append streams", (shape, random) => shape with
        {
            IsScarce = true,
            ChunkOptions = shape.ChunkOptions with { AppendsMax = random.Next(1, 4) },
        }),
        ("few reads at a time", (shape, random) => shape with
        {
            IsScarce = true,
            ChunkOptions = shape.ChunkOptions with { ReadsMax = random.Next(1, 3) },
        }),
        ("short sessions", (shape, random) => shape with
        {
            MetaOptions = shape.MetaOptions with
            {
                SessionTimeout = TimeSpan.FromSeconds(1),
                KeepAliveInterval = TimeSpan.FromMilliseconds(random.Next(200, 600)),
            },
        }),
        ("chunks stay open for long", (shape, random) => shape with
        {
            MetaOptions = shape.MetaOptions with { ChunkSize = Limits.BlockSize * random.Next(4, 17) },
            ClientOptions = shape.ClientOptions with { OpenChunksMax = 1, ChunkIdle = TimeSpan.FromMinutes(1) },
        }),
        ("small chunk disks", (shape, random) => shape with { IsScarce = true, ChunkDiskBytes = random.Next(2, 17) * MiB }),
        ("a small metadata disk", (shape, random) => shape with
        {
            MetaDiskBytes = random.Next(4, 9) * MiB,
            MetaOptions = shape.MetaOptions with { FlushInterval = TimeSpan.FromSeconds(1) },
        }),
    ];

    /// <summary>The shape, perhaps with something odd about it. The product's default time-outs stay as they are.</summary>
    public static Shape Draw(Shape shape, Random random)
    {
        if (shape.HasDefaultTimeouts)
        {
            return shape;
        }

        var drawn = All.Where(_ => random.Next(OneOf) == 0).ToList();
        return drawn.Count == 0
            ? shape
            : drawn.Aggregate(shape, (odd, oddity) => oddity.Change(odd, random)) with
            {
                Oddity = string.Join(", ", drawn.Select(oddity => oddity.Name)),
            };
    }
}
