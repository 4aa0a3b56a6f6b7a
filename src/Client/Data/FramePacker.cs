using System.Threading.Channels;
using DfsNet.Protocol;
using DfsNet.Protocol.Bulk;
using DfsNet.Protocol.Wire;

namespace DfsNet.Client.Data;

/// <summary>
/// Makes frames of queued appends: small ones that wait together share a frame, a large one is a frame of its own, without a copy.
/// </summary>
internal sealed class FramePacker(ChannelReader<AppendRequest> queue)
{
    /// <summary>Whether the next append (there must be one) may share its frame.</summary>
    public bool NextIsSmall => queue.TryPeek(out var next) && next.Payload.Length <= Limits.SmallAppendMax;

    /// <summary>The next frame; the queue must not be empty.</summary>
    public PackedFrame Take()
    {
        queue.TryRead(out var first);
        List<AppendRequest> requests = [first!];
        int length = first!.Payload.Length;
        bool small = length <= Limits.SmallAppendMax;
        while (small && NextIsSmall && queue.TryPeek(out var next) && length + next.Payload.Length <= Limits.FramePayloadMax)
        {
            queue.TryRead(out _);
            requests.Add(next);
            length += next.Payload.Length;
        }

        return new PackedFrame(requests, length, small);
    }
}

/// <summary>Appends that travel in one frame, neighbours in the chunk.</summary>
internal sealed record PackedFrame(IReadOnlyList<AppendRequest> Requests, int Length, bool IsPacked)
{
    public int EndOffset => Requests[0].Extent.Offset + Length;

    /// <summary>
    /// The frame for the wire. The caller has retained each payload; these references go over to the message.
    /// <paramref name="digest"/> moves on to the frame's end.
    /// </summary>
    public AppendMessage ToMessage(ref uint digest)
    {
        var payload = Requests.Count == 1 ? Requests[0].Payload : Join();
        var frame = new AppendFrame { Offset = (uint)Requests[0].Extent.Offset };
        digest = FramePieces.Cut(Requests[0].Extent.Offset, payload.Span, digest, frame.PieceCrcs);
        return new AppendMessage(new AppendHeader { Frame = frame }, payload);
    }

    private BulkBuffer Join()
    {
        var joined = BulkBuffer.Rent(Length);
        int at = 0;
        foreach (var request in Requests)
        {
            request.Payload.Span.CopyTo(joined.Span[at..]);
            at += request.Payload.Length;
            request.Payload.Dispose();
        }

        return joined;
    }
}
