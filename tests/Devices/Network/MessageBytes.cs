using System.Buffers;
using Grpc.Core;

namespace DfsNet.Devices.Network;

/// <summary>Runs a real marshaller to bytes and back, as a wire would.</summary>
internal static class MessageBytes
{
    public static byte[] Of<T>(Marshaller<T> marshaller, T message)
    {
        var context = new Writing();
        marshaller.ContextualSerializer(message, context);
        return context.Result ?? throw new InvalidOperationException("the marshaller did not complete");
    }

    public static T To<T>(Marshaller<T> marshaller, byte[] bytes) => marshaller.ContextualDeserializer(new Reading(bytes));

    /// <summary>A marshaller that says its length first writes straight into the result.</summary>
    private sealed class Writing : SerializationContext, IBufferWriter<byte>
    {
        private byte[] _bytes = [];
        private int _written;

        public byte[]? Result { get; private set; }

        public override void Complete(byte[] payload) => Result = payload;

        public override IBufferWriter<byte> GetBufferWriter() => this;

        public override void SetPayloadLength(int payloadLength) => Grow(payloadLength);

        public override void Complete() => Result = _written == _bytes.Length ? _bytes : _bytes[.._written];

        public void Advance(int count) => _written += count;

        public Memory<byte> GetMemory(int sizeHint = 0)
        {
            Reserve(sizeHint);
            return _bytes.AsMemory(_written);
        }

        public Span<byte> GetSpan(int sizeHint = 0)
        {
            Reserve(sizeHint);
            return _bytes.AsSpan(_written);
        }

        private void Reserve(int sizeHint)
        {
            int needed = _written + Math.Max(sizeHint, 1);
            if (needed > _bytes.Length)
            {
                Grow(Math.Max(needed, 2 * _bytes.Length));
            }
        }

        private void Grow(int length) => Array.Resize(ref _bytes, length);
    }

    private sealed class Reading(byte[] bytes) : DeserializationContext
    {
        public override int PayloadLength => bytes.Length;

        public override byte[] PayloadAsNewBuffer() => bytes;

        public override ReadOnlySequence<byte> PayloadAsReadOnlySequence() => new(bytes);
    }
}
