using DfsNet.Client.Data;
using DfsNet.Client.Metadata;
using DfsNet.Protocol;
using DfsNet.Protocol.Bulk;
using DfsNet.Protocol.Connections;
using DfsNet.Protocol.Wire;
using Microsoft.Extensions.Logging;

namespace DfsNet.Client;

/// <summary>
/// The client's session: opened when it is first needed, kept alive, replaced when the metadata server has ended it. New work goes to the
/// new session; streams of the old one fail.
/// </summary>
internal sealed partial class SessionHolder(
    MetadataConnection connection,
    DfsClientOptions options,
    IConnections connections,
    IBulkTransport transport,
    VolumeTimes times,
    TimeProvider time,
    ILoggerFactory logs) : IAsyncDisposable
{
    // Idle and failed chunks are looked for this often: a seal request must be served within a second.
    private static readonly TimeSpan TidyPeriod = TimeSpan.FromMilliseconds(500);

    // What cannot wait for the next keep-alive waits this long for company.
    private static readonly TimeSpan KeepAliveMin = TimeSpan.FromMilliseconds(500);

    // The last bytes of a chunk to be sealed get this long; with the report they stay within the second.
    private static readonly TimeSpan SealPatience = TimeSpan.FromMilliseconds(700);

    // Closing does not wait longer for a metadata server that is away: it ends the session by itself then.
    private static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(5);

    private readonly ILogger _log = logs.CreateLogger<DfsClient>();
    private readonly FailedPlaces _failed = new(options.FailedServerMemory, time);
    private readonly CancellationTokenSource _closing = new();

    // Guards the fields below.
    private readonly Lock _gate = new();
    private Task<WriteSession>? _opening;
    private WriteSession? _opened;
    private Task _loops = Task.CompletedTask;

    public HeldInodes Held { get; } = new();

    /// <summary>How long a layout is used: the client's own bound, or the cluster's, as the last session told it.</summary>
    public TimeSpan LayoutTrust
    {
        get
        {
            lock (_gate) // guards _opened
            {
                return _opened is { Session.LayoutTrust: var bound } && bound < options.LayoutTrust ? bound : options.LayoutTrust;
            }
        }
    }

    /// <summary>The session id if one is open; 0 otherwise.</summary>
    public ulong CurrentId
    {
        get
        {
            lock (_gate) // guards _opened
            {
                return _opened is { Session.IsLost: false } opened ? opened.Session.Id.Value : 0;
            }
        }
    }

    /// <summary>The open session, or a new one.</summary>
    public async Task<WriteSession> GetAsync(CallDeadline deadline, CancellationToken cancellation)
    {
        Task<WriteSession> opening;
        lock (_gate) // guards the fields
        {
            ObjectDisposedException.ThrowIf(_closing.IsCancellationRequested, typeof(DfsClient));
            if (_opened is { Session.IsLost: false } opened)
            {
                return opened;
            }

            _opening = opening = _opening is { IsCompleted: false } ? _opening : OpenAsync();
        }

        return await deadline.WaitAsync(opening, "open session", cancellation).ConfigureAwait(false);
    }

    /// <summary>
    /// Starts opening a session if there is none, so that keep-alives can tell which files are held; reading does not depend on it.
    /// </summary>
    public void OpenInBackground()
    {
        lock (_gate) // guards the fields
        {
            if (_opened is null or { Session.IsLost: true } && !_closing.IsCancellationRequested)
            {
                _opening = _opening is { IsCompleted: false } ? _opening : OpenAsync();
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        Task<WriteSession>? opening;
        lock (_gate) // guards the fields
        {
            if (_closing.IsCancellationRequested)
            {
                return;
            }

            _closing.Cancel();
            opening = _opening;
        }

        if (opening is not null)
        {
            await Task.WhenAny(opening).ConfigureAwait(false);
        }

        WriteSession? opened;
        Task loops;
        lock (_gate) // guards the fields
        {
            opened = _opened;
            loops = _loops;
        }

        await loops.ConfigureAwait(false);
        if (opened is not null)
        {
            await EndAsync(opened).ConfigureAwait(false);
        }
    }

    private async Task<WriteSession> OpenAsync()
    {
        await Task.Yield();
        var request = new OpenSessionRequest { Nonce = connection.Jitter.DrawNonce(), ClientName = options.ClientName };
        OpenSessionReply reply;
        try
        {
            reply = await connection.CallAsync(
                "open session", (client, call) =>
                    client.OpenSessionAsync(request, call), connection.NewDeadline(), _closing.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException error)
        {
            throw new DfsException(ErrorCode.Unavailable, "open session", "the client is closing", error);
        }

        var session = new Session(connection, reply);
        var opener = new ChunkOpener(
            session, transport, times, new ChainDiagnosis(connections, _failed, time), _failed, options, time, connection.Jitter,
            logs.CreateLogger<ChunkWriter>());
        var opened = new WriteSession(session, new ChunkPool(session, opener, options, time));
        SessionOpened(session.Id);
        lock (_gate) // guards the fields
        {
            _opened = opened;
            _loops = Task.WhenAll(_loops, KeepAliveAsync(opened), TidyAsync(opened));
        }

        return opened;
    }

    private async Task KeepAliveAsync(WriteSession opened)
    {
        var session = opened.Session;
        bool all = false;
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(_closing.Token, session.Lost);
        try
        {
            while (!ending.IsCancellationRequested)
            {
                var request = Held.Describe(session.Id.Value, all);
                request.Seen.AddRange(times.Take());
                try
                {
                    var reply =
                        await session.KeepAliveAsync(request, new CallDeadline(time, session.KeepAlive), ending.Token).ConfigureAwait(
                            false);
                    Held.Told(request);
                    all = reply.HeldWanted;
                    if (reply.SealRequested.Count != 0)
                    {
                        await opened.Pool.SealAsync([.. reply.SealRequested], SealPatience, ending.Token).ConfigureAwait(false);
                    }
                }
                catch (DfsException error) when (error.Code != ErrorCode.SessionEnded)
                {
                    // The next one may succeed; the session lives ten times as long as one period.
                    KeepAliveFailed(error.Message, session.Id);
                }

                await PauseAsync(session.KeepAlive, ending.Token).ConfigureAwait(false);
            }
        }
        catch (DfsException error)
        {
            SessionLost(session.Id, error.Message);
        }
        catch (OperationCanceledException) when (session.IsLost)
        {
            SessionLost(session.Id, "a call was refused");
        }
        catch (OperationCanceledException)
        {
            return;
        }

        await opened.Pool.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Until the next keep-alive is due, or a volume has become slow, which others should hear of.</summary>
    private async Task PauseAsync(TimeSpan period, CancellationToken cancellation)
    {
        var least = period < KeepAliveMin ? period : KeepAliveMin;
        await Task.Delay(least, time, cancellation).ConfigureAwait(false);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        await Task.WhenAny(Task.Delay(period - least, time, ending.Token), times.News).ConfigureAwait(false);
        await ending.CancelAsync().ConfigureAwait(false);
        cancellation.ThrowIfCancellationRequested();
    }

    private async Task TidyAsync(WriteSession opened)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(_closing.Token, opened.Session.Lost);
        while (!ending.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(TidyPeriod, time, ending.Token).ConfigureAwait(false);
                await opened.Pool.TidyAsync(connection.NewDeadline(), ending.Token).ConfigureAwait(false);
            }
            catch (DfsException error)
            {
                TidyFailed(error.Message, opened.Session.Id);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private async Task EndAsync(WriteSession opened)
    {
        await opened.Pool.DisposeAsync().ConfigureAwait(false);
        if (opened.Session.IsLost)
        {
            return;
        }

        var request = new EndSessionRequest { SessionId = opened.Session.Id.Value, Chunks = { opened.Pool.Ledger.LastWords() } };
        var patience = options.CallTimeout < EndPatience ? options.CallTimeout : EndPatience;
        try
        {
            await opened.Session.EndAsync(request, new CallDeadline(time, patience), CancellationToken.None).ConfigureAwait(false);
        }
        catch (DfsException error)
        {
            SessionNotEnded(opened.Session.Id, error.Message);
        }

        // Whatever still asks in its name may stop.
        opened.Session.MarkLost();
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Opened session {Session}")]
    private partial void SessionOpened(SessionId session);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Keep-alive of session {Session} failed: {Reason}")]
    private partial void KeepAliveFailed(string reason, SessionId session);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Session {Session} was ended by the metadata server: {Reason}")]
    private partial void SessionLost(SessionId session, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Sealing idle chunks of session {Session} failed: {Reason}")]
    private partial void TidyFailed(string reason, SessionId session);

    [LoggerMessage(Level = LogLevel.Information, Message = "Session {Session} was left to time out: {Reason}")]
    private partial void SessionNotEnded(SessionId session, string reason);
}
