using DfsNet.Simulation.Nodes;

namespace DfsNet.Simulation.Faults;

/// <summary>What a disk stored changes silently: a bit, or a piece becomes zeros or junk.</summary>
internal sealed class BitRot : IFault
{
    private const int PiecesMax = 4;
    private const int PieceBytesMax = 4096;

    public string Name => "bit rot";

    public bool IsPossible(World world) => StrikeDisk.MayLoseBytes(world);

    public Task StrikeAsync(World world, Strike strike)
    {
        var hit = StrikeDisk.OfVictim(world, strike);
        int pieces = strike.Random.Next(1, PiecesMax);
        for (int i = 0; i < pieces; i++)
        {
            if (BadPlace.Draw(hit.Disk, strike) is not { } place)
            {
                continue;
            }

            strike.Fired();
            int kind = strike.Random.Next(3);
            if (kind == 0)
            {
                strike.Note($"{hit.Name}, a bit at {place}");
                hit.Disk.FlipBit(place.Path, (place.Offset * 8) + strike.Random.Next(8));
            }
            else
            {
                byte[] piece = new byte[Math.Min(strike.Random.Next(1, PieceBytesMax), hit.Disk.LengthOf(place.Path) - place.Offset)];
                strike.Note($"{hit.Name}, {piece.Length} bytes of {(kind == 1 ? "zeros" : "junk")} at {place}");
                if (kind == 2)
                {
                    strike.Random.NextBytes(piece);
                }

                hit.Disk.Overwrite(place.Path, place.Offset, piece);
            }
        }

        hit.PerhapsRestart(strike);
        return Task.CompletedTask;
    }
}
