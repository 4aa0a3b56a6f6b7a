using DfsNet.Protocol;

namespace DfsNet.MetaServer.Placement;

/// <summary>A healthy server that a replica may go to.</summary>
internal sealed record Candidate(ServerId Server, string Address, string Domain, int Load, IReadOnlyList<CandidateVolume> Volumes)
{
    public string Host => HostOf(Address);

    public string DomainOrHost => DomainOf(Domain, Address);

    public bool CanTake(int chunkSize) => Volumes.Any(volume => volume.Fits(chunkSize));

    /// <summary>Without the volumes that failed; with none where the server did.</summary>
    public Candidate Without(IReadOnlyList<ReplicaPlace> failed)
    {
        var here = failed.Where(place => place.Server == Server).Select(place => place.Volume).ToHashSet();
        return here.Count == 0 ? this
            : this with { Volumes = here.Contains(default) ? [] : [.. Volumes.Where(volume => !here.Contains(volume.Volume))] };
    }

    /// <summary>The volume of those with room that has the most for what was placed there.</summary>
    public VolumeId RoomiestVolume(int chunkSize) => Volumes
        .Where(volume => volume.Fits(chunkSize))
        .MaxBy(volume => volume.AvailableBytes / (double)(1 + volume.Placed))!
        .Volume;

    /// <summary>Free bytes of all volumes that take chunks, as a share of their capacity.</summary>
    public double FreeShare()
    {
        double capacity = Volumes.Sum(volume => (double)volume.CapacityBytes);
        double available = Volumes.Sum(volume => (double)volume.AvailableBytes);
        return capacity <= 0 ? 0 : available / capacity;
    }

    /// <summary>Share of the space for chunks that they take, 0 to 1: files of others on the same disk count on neither side.</summary>
    public double Fill()
    {
        double space = StoredBytes() + AvailableBytes();
        return space <= 0 ? 1 : StoredBytes() / space;
    }

    public double StoredBytes() => Volumes.Sum(volume => (double)volume.StoredBytes);

    public double AvailableBytes() => Volumes.Sum(volume => (double)volume.AvailableBytes);

    /// <summary>Share of free space, divided by the work already there: more is better.</summary>
    public double Score() => FreeShare() / (1 + Load);

    /// <summary>A server without a label is a domain of its own host.</summary>
    public static string DomainOf(string domain, string address) => domain.Length > 0 ? domain : HostOf(address);

    /// <summary>The better of two drawn at random.</summary>
    public static Candidate BetterOfTwo(IReadOnlyList<Candidate> from, Random random)
    {
        var first = from[random.Next(from.Count)];
        var second = from[random.Next(from.Count)];
        return second.Score() > first.Score() ? second : first;
    }

    private static string HostOf(string address) => address[..Math.Max(0, address.LastIndexOf(':'))];
}

/// <summary>A healthy volume; <paramref name="Placed"/> chunks went to it since it last said how much space it has.</summary>
internal sealed record CandidateVolume(VolumeId Volume, ulong CapacityBytes, ulong AvailableBytes, int Placed, ulong StoredBytes = 0)
{
    public bool Fits(int chunkSize) => AvailableBytes >= (ulong)chunkSize * (ulong)(Placed + 1);
}
