namespace DfsNet.Protocol;

/// <summary>A chunk; drawn from a counter in the metadata state, never used twice.</summary>
public readonly record struct ChunkId(ulong Value) : IComparable<ChunkId>
{
    public int CompareTo(ChunkId other) => Value.CompareTo(other.Value);

    public override string ToString() => Value.ToString("x", System.Globalization.CultureInfo.InvariantCulture);
}

/// <summary>A file or directory; 1 is the root.</summary>
public readonly record struct InodeId(ulong Value) : IComparable<InodeId>
{
    public static readonly InodeId Root = new(1);

    public int CompareTo(InodeId other) => Value.CompareTo(other.Value);

    public override string ToString() => Value.ToString(System.Globalization.CultureInfo.InvariantCulture);
}

/// <summary>A map from file ranges to slices; files point to one.</summary>
public readonly record struct MapId(ulong Value)
{
    public override string ToString() => Value.ToString(System.Globalization.CultureInfo.InvariantCulture);
}

/// <summary>A client's registration with the metadata server.</summary>
public readonly record struct SessionId(ulong Value)
{
    public static readonly SessionId None;

    public override string ToString() => Value.ToString(System.Globalization.CultureInfo.InvariantCulture);
}

/// <summary>A chunk server.</summary>
public readonly record struct ServerId(ulong Value) : IComparable<ServerId>
{
    public static readonly ServerId None;

    public int CompareTo(ServerId other) => Value.CompareTo(other.Value);

    public override string ToString() => Value.ToString(System.Globalization.CultureInfo.InvariantCulture);
}

/// <summary>One data directory of a chunk server; drawn at random when the directory is set up.</summary>
public readonly record struct VolumeId(ulong Value) : IComparable<VolumeId>
{
    public int CompareTo(VolumeId other) => Value.CompareTo(other.Value);

    public override string ToString() => Value.ToString("x16", System.Globalization.CultureInfo.InvariantCulture);
}

/// <summary>A volume of a chunk server: where a replica is, or may go.</summary>
public readonly record struct ReplicaPlace(ServerId Server, VolumeId Volume) : IComparable<ReplicaPlace>
{
    public int CompareTo(ReplicaPlace other)
    {
        int order = Server.CompareTo(other.Server);
        return order != 0 ? order : Volume.CompareTo(other.Volume);
    }
}

/// <summary>A cluster; drawn at random at bootstrap.</summary>
public readonly record struct ClusterId(ulong Value)
{
    public static readonly ClusterId None;

    public override string ToString() => Value.ToString("x16", System.Globalization.CultureInfo.InvariantCulture);
}

/// <summary>The log index of the command that put a replica into the record; orders of an older one are refused.</summary>
public readonly record struct Generation(ulong Value) : IComparable<Generation>
{
    public int CompareTo(Generation other) => Value.CompareTo(other.Value);

    public override string ToString() => Value.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
