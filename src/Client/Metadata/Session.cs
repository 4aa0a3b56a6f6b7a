using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.Client.Metadata;

/// <summary>
/// This client's registration with the metadata server. Changes made through it happen exactly once, however often they are sent.
/// </summary>
internal sealed class Session : IDisposable
{
    // Well below the 1,024 results the server keeps; far above what two cores can have in flight.
    private const int RequestsMax = 512;

    private readonly MetadataConnection _connection;
    private readonly RequestWindow _requests = new(RequestsMax);
    private readonly CancellationTokenSource _lost = new();

    public Session(MetadataConnection connection, OpenSessionReply reply)
    {
        _connection = connection;
        Id = new SessionId(reply.SessionId);
        ClusterId = new ClusterId(reply.ClusterId);
        KeepAlive = TimeSpan.FromMilliseconds(Math.Max(reply.KeepAliveMs, 50));
        LayoutTrust = TimeSpan.FromMilliseconds(reply.LayoutTrustMs);
        ChunkSize = (int)reply.ChunkSize;
        OpenChunksMax = (int)reply.OpenChunksMax;
        if (ChunkSize is <= 0 or > Limits.ChunkSizeMax || OpenChunksMax <= 0)
        {
            throw new DfsException(ErrorCode.Internal, "open session", "the metadata server named an impossible chunk size or bound");
        }
    }

    public SessionId Id { get; }

    public ClusterId ClusterId { get; }

    public TimeSpan KeepAlive { get; }

    public TimeSpan LayoutTrust { get; }

    public int ChunkSize { get; }

    public int OpenChunksMax { get; }

    /// <summary>Fires when the metadata server has ended the session.</summary>
    public CancellationToken Lost => _lost.Token;

    public bool IsLost => _lost.IsCancellationRequested;

    public void MarkLost() => _lost.Cancel();

    public DfsException LostError(string step) =>
        new(ErrorCode.SessionEnded, step, $"{step}: the metadata server ended session {Id}; what was not committed is gone");

    /// <summary>Makes a change.</summary>
    /// <exception cref="DfsException">What the command gave; SessionEnded when it certainly took no effect because the session is over;
    /// OutcomeUnknown when the session ended before its result was known; TimedOut or Unavailable when it may or may not take
    /// effect.</exception>
    public async Task<CommandResult> SubmitAsync(string step, ClientCommand command, CallDeadline deadline, CancellationToken cancellation)
    {
        var reply = await WithRequestAsync<SubmitReply>(
            step,
            request =>
            {
                var submit = new SubmitRequest { Request = request, Command = command };
                return (client, callOptions) => client.SubmitAsync(submit, callOptions);
            },
            deadline,
            cancellation).ConfigureAwait(false);
        var result = reply.Result ?? new CommandResult();
        return result.Error == ErrorCode.Unspecified
            ? result
            : throw new DfsException(result.Error, step, result.Message);
    }

    public Task<AllocateChunkReply> AllocateAsync(AllocateChunkRequest allocation, CallDeadline deadline, CancellationToken cancellation) =>
        WithRequestAsync<AllocateChunkReply>(
            "allocate chunk",
            request =>
            {
                var numbered = allocation.Clone();
                numbered.Request = request;
                return (client, callOptions) => client.AllocateChunkAsync(numbered, callOptions);
            },
            deadline,
            cancellation);

    public Task<KeepAliveReply> KeepAliveAsync(KeepAliveRequest request, CallDeadline deadline, CancellationToken cancellation) =>
        WatchedAsync("keep session alive", (client, callOptions) => client.KeepAliveAsync(request, callOptions), deadline, cancellation);

    public Task<EndSessionReply> EndAsync(EndSessionRequest request, CallDeadline deadline, CancellationToken cancellation) =>
        WatchedAsync("end session", (client, callOptions) => client.EndSessionAsync(request, callOptions), deadline, cancellation);

    public void Dispose() => _lost.Dispose();

    private async Task<TReply> WithRequestAsync<TReply>(
        string step, Func<RequestId, MetadataCall<TReply>> call, CallDeadline deadline, CancellationToken cancellation)
    {
        if (IsLost)
        {
            throw LostError(step);
        }

        var (sequence, lowest) = await _requests.BeginAsync(cancellation).ConfigureAwait(false);
        var history = new CallHistory();
        try
        {
            var request = new RequestId { SessionId = Id.Value, Sequence = sequence, LowestOpen = lowest };
            return await _connection.CallAsync(step, call(request), history, deadline, cancellation).ConfigureAwait(false);
        }
        catch (DfsException error) when (error.Code == ErrorCode.SessionEnded)
        {
            MarkLost();
            throw history.Unanswered
                ? new DfsException(
                    ErrorCode.OutcomeUnknown, step,
                    $"{step}: the session ended before the result was known; it may or may not have taken effect", error)
                : new DfsException(ErrorCode.SessionEnded, step, LostError(step).Message, error);
        }
        finally
        {
            _requests.End(sequence);
        }
    }

    private async Task<TReply> WatchedAsync<TReply>(
        string step, MetadataCall<TReply> call, CallDeadline deadline, CancellationToken cancellation)
    {
        try
        {
            return await _connection.CallAsync(step, call, deadline, cancellation).ConfigureAwait(false);
        }
        catch (DfsException error) when (error.Code == ErrorCode.SessionEnded)
        {
            MarkLost();
            throw;
        }
    }
}
