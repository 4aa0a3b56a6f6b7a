using DfsNet.Integrity;
using DfsNet.Protocol.Bulk;
using DfsNet.Protocol.Wire;
using DfsNet.Simulation.Nodes;

namespace DfsNet.Simulation.Sabotage;

/// <summary>A server of a chain takes what it has sent to the next one for acknowledged there.</summary>
internal sealed class AcknowledgeBeforeTheChain : ISabotage
{
    public string Name => "acknowledge before the chain has";

    public string Breaks => "an acknowledgement travels up when the frame is durable here and acknowledged below";

    public IReadOnlyList<string> Faults => ["crash and restart", "power cut of all"];

    public KnownCatch Known => new(5, "never below the floor by our own hand");

    public void TakeHold(World world) => world.Seams.BulkOfServers = transport => new EarlyTransport(transport);

    /// <summary>A link whose answers come before the other end has given them.</summary>
    private sealed class EarlyTransport(IBulkTransport inner) : IBulkTransport
    {
        public IAppendCall OpenAppend(string address, CancellationToken cancellation) =>
            new EarlyCall(inner.OpenAppend(address, cancellation));

        public IAsyncEnumerable<ReadFrame> ReadAsync(string address, ReadRequest request, CancellationToken cancellation) =>
            inner.ReadAsync(address, request, cancellation);
    }

    /// <summary>An append that is answered when it is sent; what the other end says of it is not listened to.</summary>
    private sealed class EarlyCall(IAppendCall inner) : IAppendCall
    {
        private readonly Queue<AppendAck> _acks = new();
        private TaskCompletionSource _sent = New();
        private uint _length;
        private uint _digest = Crc32C.Empty;
        private bool _isOver;

        public async ValueTask SendAsync(AppendMessage message, CancellationToken cancellation)
        {
            if (message.Payload is { } payload)
            {
                _length += (uint)payload.Length;
                _digest = Crc32C.Append(_digest, payload.Span);
                _acks.Enqueue(new AppendAck { Length = _length, Digest = _digest });
                _sent.TrySetResult();
            }

            await inner.SendAsync(message, cancellation).ConfigureAwait(false);
        }

        public ValueTask CompleteAsync()
        {
            _isOver = true;
            _sent.TrySetResult();
            return inner.CompleteAsync();
        }

        public async ValueTask<AppendAck?> ReceiveAsync(CancellationToken cancellation)
        {
            while (_acks.Count == 0 && !_isOver)
            {
                await _sent.Task.WaitAsync(cancellation).ConfigureAwait(false);
                _sent = New();
            }

            return _acks.TryDequeue(out var ack) ? ack : null;
        }

        public ValueTask DisposeAsync() => inner.DisposeAsync();

        private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
