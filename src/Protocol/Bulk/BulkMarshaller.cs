using System.Buffers;
using DfsNet.Protocol.Wire;
using Google.Protobuf;
using Grpc.Core;

namespace DfsNet.Protocol.Bulk;

/// <summary>
/// Bulk messages on the wire: header length as a varint, header, payload to the end. Generated code would hold the payload in a
/// <c>ByteString</c>: 1 to 2 MB of garbage for each MiB. Malformed input gives an <see cref="InvalidDataException"/>, which ends the call.
/// </summary>
internal static class BulkMarshaller
{
    private const int HeaderLengthMax = 32 * 1024;

    public static readonly Marshaller<AppendMessage> Append = Marshallers.Create(
        (message, context) => Write(message.Header, message.Payload, context),
        context =>
        {
            var (header, payload) = Read(AppendHeader.Parser, context);
            return new AppendMessage(header, payload);
        });

    public static readonly Marshaller<ReadFrame> Frame = Marshallers.Create(
        (message, context) => Write(message.Header, message.Payload, context),
        context =>
        {
            var (header, payload) = Read(ReadHeader.Parser, context);
            return new ReadFrame(header, payload ?? BulkBuffer.Rent(0));
        });

    public static Marshaller<T> Plain<T>(MessageParser<T> parser)
        where T : IMessage<T> => Marshallers.Create(
        (message, context) =>
        {
            context.SetPayloadLength(message.CalculateSize());
            message.WriteTo(context.GetBufferWriter());
            context.Complete();
        },
        context => parser.ParseFrom(context.PayloadAsReadOnlySequence()));

    private static void Write(IMessage header, BulkBuffer? payload, SerializationContext context)
    {
        int headerLength = header.CalculateSize();
        int payloadLength = payload?.Length ?? 0;
        context.SetPayloadLength(CodedOutputStream.ComputeUInt32Size((uint)headerLength) + headerLength + payloadLength);
        var writer = context.GetBufferWriter();
        WriteVarint(writer, (uint)headerLength);
        header.WriteTo(writer);
        if (payload is not null)
        {
            writer.Write(payload.Span);
        }

        context.Complete();
    }

    private static (T Header, BulkBuffer? Payload) Read<T>(MessageParser<T> parser, DeserializationContext context)
        where T : IMessage<T>
    {
        var reader = new SequenceReader<byte>(context.PayloadAsReadOnlySequence());
        uint headerLength = ReadVarint(ref reader);
        if (headerLength > HeaderLengthMax || headerLength > reader.Remaining)
        {
            throw new InvalidDataException("bulk message: the header's length is out of range");
        }

        var header = parser.ParseFrom(reader.UnreadSequence.Slice(0, headerLength));
        var rest = reader.UnreadSequence.Slice(headerLength);
        if (rest.Length > Limits.FramePayloadMax)
        {
            throw new InvalidDataException("bulk message: the payload is larger than a frame");
        }

        if (rest.IsEmpty)
        {
            return (header, null);
        }

        var payload = BulkBuffer.Rent((int)rest.Length);
        rest.CopyTo(payload.Span);
        return (header, payload);
    }

    private static void WriteVarint(IBufferWriter<byte> writer, uint value)
    {
        Span<byte> bytes = stackalloc byte[5];
        int length = 0;
        for (; value >= 0x80; value >>= 7)
        {
            bytes[length++] = (byte)(value | 0x80);
        }

        bytes[length++] = (byte)value;
        writer.Write(bytes[..length]);
    }

    private static uint ReadVarint(ref SequenceReader<byte> reader)
    {
        uint value = 0;
        for (int shift = 0; shift < 32; shift += 7)
        {
            if (!reader.TryRead(out byte next))
            {
                break;
            }

            value |= (uint)(next & 0x7f) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }

        throw new InvalidDataException("bulk message: the header's length is malformed");
    }
}
