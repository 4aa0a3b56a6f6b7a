using DfsNet.Protocol.Wire;

namespace DfsNet.Simulation.Checkers.Linearizability;

/// <summary>The errors that an operation may give; which of several comes first is nobody's business.</summary>
internal readonly record struct ErrorSet(ulong Bits)
{
    public bool IsEmpty => Bits == 0;

    public static ErrorSet Of(ErrorCode code) => new(1UL << (int)code);

    /// <summary>The error if the condition holds, otherwise none.</summary>
    public static ErrorSet When(bool condition, ErrorCode code) => condition ? Of(code) : default;

    public static ErrorSet operator |(ErrorSet one, ErrorSet other) => new(one.Bits | other.Bits);

    public bool Contains(ErrorCode code) => (Bits & (1UL << (int)code)) != 0;

    public override string ToString()
    {
        ulong bits = Bits;
        var codes = Enum.GetValues<ErrorCode>().Where(code => (bits & (1UL << (int)code)) != 0);
        return IsEmpty ? "success" : string.Join(" or ", codes);
    }
}
