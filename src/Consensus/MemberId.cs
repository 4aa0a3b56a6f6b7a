using System.Globalization;

namespace DfsNet.Consensus;

/// <summary>One metadata node in the life of a cluster; a node that lost its disk comes back under a new one. 0 is nobody.</summary>
public readonly record struct MemberId(ulong Value) : IComparable<MemberId>
{
    public static readonly MemberId None;

    public int CompareTo(MemberId other) => Value.CompareTo(other.Value);

    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}
