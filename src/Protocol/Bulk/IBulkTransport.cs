using DfsNet.Protocol.Wire;

namespace DfsNet.Protocol.Bulk;

/// <summary>
/// How bulk bytes travel between processes. gRPC today; a raw connection or a Unix socket may follow; the simulator has its own links.
/// Every failure of the far side or of the way there is a <see cref="DfsException"/>; cancellation is cancellation.
/// </summary>
public interface IBulkTransport
{
    /// <summary>Opens an append stream to a chunk server; it ends with the token. The first message must be an AppendOpen.</summary>
    IAppendCall OpenAppend(string address, CancellationToken cancellation);

    /// <summary>Reads a range of a chunk; frames arrive in order, the receiver disposes each.</summary>
    IAsyncEnumerable<ReadFrame> ReadAsync(string address, ReadRequest request, CancellationToken cancellation);
}

/// <summary>The caller's side of one append stream. One sender and one receiver may use it at the same time.</summary>
public interface IAppendCall : IAsyncDisposable
{
    /// <summary>Sends a message; the payload may be reused or disposed when the task ends. Waits while the far side is busy.</summary>
    ValueTask SendAsync(AppendMessage message, CancellationToken cancellation);

    /// <summary>No message follows.</summary>
    ValueTask CompleteAsync();

    /// <summary>The next acknowledgement; null when the far side ended the stream in good order.</summary>
    ValueTask<AppendAck?> ReceiveAsync(CancellationToken cancellation);
}

/// <summary>The server's side of one append stream.</summary>
public interface IAppendPeer
{
    /// <summary>The next message; null when the caller completed.</summary>
    ValueTask<AppendMessage?> ReceiveAsync(CancellationToken cancellation);

    ValueTask SendAsync(AppendAck ack, CancellationToken cancellation);
}
