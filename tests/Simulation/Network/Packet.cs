using DfsNet.Integrity;
using Grpc.Core;

namespace DfsNet.Simulation.Network;

/// <summary>What travels in one piece: the opening of a call, a message, the end of a stream, or a message together with the end.</summary>
internal sealed class Packet
{
    public static Packet Opening() => new();

    public static Packet Abort() => new() { IsAbort = true };

    public static Packet Message(byte[] bytes, int payloadLength) => new()
    {
        Bytes = bytes,
        Crc = Crc32C.Compute(bytes),
        PayloadLength = payloadLength,
    };

    /// <summary>Null: no message, only a sign.</summary>
    public byte[]? Bytes { get; private set; }

    public uint Crc { get; private set; }

    /// <summary>How many bytes at the end are a bulk frame's payload; 0: this is no bulk frame.</summary>
    public int PayloadLength { get; private set; }

    /// <summary>A second copy made by the network: it does not count in the sender's window.</summary>
    public bool IsCopy { get; private init; }

    /// <summary>Nothing follows.</summary>
    public bool IsLast { get; set; }

    /// <summary>The caller gave up.</summary>
    public bool IsAbort { get; private init; }

    /// <summary>How the call ended, in a last packet to the caller.</summary>
    public Status Status { get; set; }

    public Metadata? Trailers { get; set; }

    /// <summary>The one behind it in a <see cref="PacketQueue"/>.</summary>
    public Packet? Next { get; set; }

    public int Length => Bytes?.Length ?? 0;

    public Packet Copy() => new() { Bytes = Bytes, Crc = Crc, PayloadLength = PayloadLength, IsLast = IsLast, IsCopy = true };

    /// <summary>Two frames change places; what counts in the window stays where it is.</summary>
    public void SwapFrames(Packet other)
    {
        (Bytes, other.Bytes) = (other.Bytes, Bytes);
        (Crc, other.Crc) = (other.Crc, Crc);
        (PayloadLength, other.PayloadLength) = (other.PayloadLength, PayloadLength);
    }

    /// <summary>One bit of the payload flips.</summary>
    public void Corrupt(Random random)
    {
        byte[] bytes = [.. Bytes!];
        int position = bytes.Length - 1 - random.Next(PayloadLength);
        bytes[position] ^= (byte)(1 << random.Next(8));
        Bytes = bytes;
        Crc = Crc32C.Compute(bytes);
    }
}
