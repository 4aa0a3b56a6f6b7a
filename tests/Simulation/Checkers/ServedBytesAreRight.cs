using DfsNet.Protocol.Bulk;
using DfsNet.Protocol.Wire;
using DfsNet.Simulation.Network;
using DfsNet.Simulation.Nodes;

namespace DfsNet.Simulation.Checkers;

/// <summary>
/// A chunk server never sends a wrong byte, whatever its disks did: what it sends of a chunk is what the chunk's writer sent to its chain.
/// </summary>
internal sealed class ServedBytesAreRight : IWatcher
{
    private const string Name = "a chunk server never sends a wrong byte";

    private readonly Dictionary<ulong, Content> _chunks = [];
    private readonly Dictionary<long, ulong> _appends = [];
    private readonly Dictionary<long, (ulong Chunk, uint Offset)> _reads = [];
    private World? _world;

    public void Watch(World world)
    {
        _world = world;
        world.Network.Seen += See;
    }

    private void See(MessageSeen seen)
    {
        switch (seen.Moment)
        {
            case MessageMoment.RequestSent:
                NoteRequest(seen);
                break;
            case MessageMoment.ResponseSent when _reads.TryGetValue(seen.Call, out var read):
                Check(seen, read.Chunk, read.Offset);
                break;
            case MessageMoment.CallEnded:
                _appends.Remove(seen.Call);
                _reads.Remove(seen.Call);
                break;
        }
    }

    private void NoteRequest(MessageSeen seen)
    {
        switch (seen.Message)
        {
            // Position 0: what the client sends. What servers send on must be the same.
            case AppendMessage { Header: { KindCase: AppendHeader.KindOneofCase.Open, Open: { Position: 0 } open } }:
                _appends[seen.Call] = open.ChunkId;
                _chunks[open.ChunkId] = new Content();
                break;
            case AppendMessage { Header.KindCase: AppendHeader.KindOneofCase.Frame, Payload: { } payload } frame
                when _appends.TryGetValue(seen.Call, out ulong chunk):
                _chunks[chunk].Write((int)frame.Header.Frame.Offset, payload.Span);
                break;
            case ReadRequest request:
                _reads[seen.Call] = (request.ChunkId, request.Offset);
                break;
            case ReadSmallRequest request:
                _reads[seen.Call] = (request.ChunkId, request.Offset);
                break;
        }
    }

    private void Check(MessageSeen seen, ulong chunk, uint start)
    {
        uint offset = seen.Message is ReadFrame piece ? piece.Header.Offset : start;
        var bytes = seen.Message switch
        {
            ReadFrame frame => frame.Payload.Span,
            ReadSmallReply reply => reply.Data.Span,
            _ => default,
        };
        if (!_chunks.TryGetValue(chunk, out var content) || !content.Holds((int)offset, bytes))
        {
            _world!.Violate(Name, $"{seen.To} sent wrong bytes [{offset}, +{bytes.Length}) of chunk {chunk} to {seen.From}");
        }
    }

    /// <summary>The bytes of one chunk.</summary>
    private sealed class Content
    {
        private byte[] _bytes = [];
        private int _length;

        public void Write(int offset, ReadOnlySpan<byte> bytes)
        {
            int end = offset + bytes.Length;
            if (end > _bytes.Length)
            {
                Array.Resize(ref _bytes, Math.Max(end, _bytes.Length * 2));
            }

            bytes.CopyTo(_bytes.AsSpan(offset));
            _length = Math.Max(_length, end);
        }

        public bool Holds(int offset, ReadOnlySpan<byte> bytes) =>
            offset + bytes.Length <= _length && _bytes.AsSpan(offset, bytes.Length).SequenceEqual(bytes);
    }
}
