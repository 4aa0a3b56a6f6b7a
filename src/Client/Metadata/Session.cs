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

    // Twice the usual session timeout: when nobody answered for so long, the session has ended.
    private static readonly TimeSpan LatePatience = TimeSpan.FromSeconds(60);

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
    /// OutcomeUnknown when the session ended, or an attempt was turned away, after one that stayed without an answer; TimedOut or
    /// Unavailable when it may or may not take effect.</exception>
    public Task<CommandResult> SubmitAsync(string step, ClientCommand command, CallDeadline deadline, CancellationToken cancellation) =>
        SubmitAsync(step, command, null, deadline, cancellation);

    /// <summary>Makes a file without a name; its inode. One that is made after the caller has gone is dropped again.</summary>
    public async Task<ulong> StageAsync(ulong directory, uint mode, CallDeadline deadline, CancellationToken cancellation)
    {
        var stage = new ClientCommand { StageFile = new StageFile { Directory = directory, Mode = mode } };
        var result = await SubmitAsync("stage file", stage, late => _ = DropLateAsync(late), deadline, cancellation).ConfigureAwait(false);
        return result.Inode;
    }

    public Task<CommandResult> DropStagedAsync(ulong inode, CallDeadline deadline, CancellationToken cancellation) => SubmitAsync(
        "drop staged file", new ClientCommand { DropStaged = new DropStaged { Inode = inode } }, deadline, cancellation);

    /// <summary>Asks for a chunk. One that comes after the caller has gone is the session's nevertheless.</summary>
    /// <param name="allocation">What is wanted.</param>
    /// <param name="late">Gets the answer when this call had ended before without one.</param>
    /// <param name="deadline">How long the caller waits.</param>
    /// <param name="cancellation">Ends the caller's waiting.</param>
    public Task<AllocateChunkReply> AllocateAsync(
        AllocateChunkRequest allocation, Action<AllocateChunkReply> late, CallDeadline deadline, CancellationToken cancellation) =>
        WithRequestAsync(
            "allocate chunk",
            request =>
            {
                var numbered = allocation.Clone();
                numbered.Request = request;
                return (client, callOptions) => client.AllocateChunkAsync(numbered, callOptions);
            },
            deadline,
            cancellation,
            late);

    public Task<KeepAliveReply> KeepAliveAsync(KeepAliveRequest request, CallDeadline deadline, CancellationToken cancellation) =>
        WatchedAsync("keep session alive", (client, callOptions) => client.KeepAliveAsync(request, callOptions), deadline, cancellation);

    public Task<EndSessionReply> EndAsync(EndSessionRequest request, CallDeadline deadline, CancellationToken cancellation) =>
        WatchedAsync("end session", (client, callOptions) => client.EndSessionAsync(request, callOptions), deadline, cancellation);

    public void Dispose() => _lost.Dispose();

    private async Task<CommandResult> SubmitAsync(
        string step, ClientCommand command, Action<SubmitReply>? late, CallDeadline deadline, CancellationToken cancellation)
    {
        var reply = await WithRequestAsync(
            step,
            request =>
            {
                var submit = new SubmitRequest { Request = request, Command = command };
                return (client, callOptions) => client.SubmitAsync(submit, callOptions);
            },
            deadline,
            cancellation,
            late).ConfigureAwait(false);
        var result = reply.Result ?? new CommandResult();
        return result.Error == ErrorCode.Unspecified
            ? result
            : throw new DfsException(result.Error, step, result.Message);
    }

    private async Task DropLateAsync(SubmitReply staged)
    {
        if (staged.Result is not { Error: ErrorCode.Unspecified, Inode: var inode })
        {
            return;
        }

        try
        {
            await DropStagedAsync(inode, new CallDeadline(_connection.Time, LatePatience), Lost).ConfigureAwait(false);
        }
        catch (Exception error) when (error is DfsException or OperationCanceledException)
        {
            // Nobody answers, or the session is over: its end drops the file.
            MarkLostWhenEnded(error);
        }
    }

    private async Task<TReply> WithRequestAsync<TReply>(
        string step, Func<RequestId, MetadataCall<TReply>> call, CallDeadline deadline, CancellationToken cancellation,
        Action<TReply>? late = null)
    {
        if (IsLost)
        {
            throw LostError(step);
        }

        var (sequence, lowest) = await _requests.BeginAsync(cancellation).ConfigureAwait(false);
        var request = new RequestId { SessionId = Id.Value, Sequence = sequence, LowestOpen = lowest };
        var history = new CallHistory();
        bool goesOn = false;
        try
        {
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
        catch (Exception error) when (late is not null && IsUndecided(error, history))
        {
            goesOn = true;
            _ = SettleLateAsync(step, sequence, call(request), late);
            throw;
        }
        catch (DfsException error) when (history.Unanswered && IsSaidAtTheDoor(error.Code))
        {
            throw new DfsException(
                ErrorCode.OutcomeUnknown, step,
                $"{step}: an attempt stayed without an answer, and the next was turned away; it may or may not have taken effect", error);
        }
        finally
        {
            if (!goesOn)
            {
                _requests.End(sequence);
            }
        }
    }

    private static bool IsUndecided(Exception error, CallHistory history) =>
        error is OperationCanceledException
        || (history.Unanswered && error is DfsException failure
            && (MetadataConnection.MayBeRepeated(failure.Code) || IsSaidAtTheDoor(failure.Code)));

    // Before anything is looked up or proposed: true of the attempt that heard it, not of an earlier one that heard nothing.
    private static bool IsSaidAtTheDoor(ErrorCode code) => code is ErrorCode.NotLeader or ErrorCode.Overloaded or ErrorCode.OutOfSpace;

    // Behind the caller's back, as long as the session may live without an answer.
    private async Task SettleLateAsync<TReply>(string step, ulong sequence, MetadataCall<TReply> call, Action<TReply> late)
    {
        try
        {
            late(await _connection.CallAsync(step, call, new CallDeadline(_connection.Time, LatePatience), Lost).ConfigureAwait(false));
        }
        catch (Exception error) when (error is DfsException or OperationCanceledException)
        {
            // Refused, or the session is over: then it owns nothing any more.
            MarkLostWhenEnded(error);
        }
        finally
        {
            _requests.End(sequence);
        }
    }

    private void MarkLostWhenEnded(Exception error)
    {
        if (error is DfsException { Code: ErrorCode.SessionEnded })
        {
            MarkLost();
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
