using DfsNet.Simulation.Time;
using Grpc.Core;

namespace DfsNet.Simulation.Network;

/// <summary>The caller's end of one call, and with it the call: deadline, cancellation, status.</summary>
internal sealed class CallerEnd<TRequest, TResponse> : SimulatedCall
    where TRequest : class
    where TResponse : class
{
    // A copy of a request may come long after the first: it went another way.
    private static readonly TimeSpan CopyDelayMax = TimeSpan.FromSeconds(3);

    private readonly Method<TRequest, TResponse> _method;
    private readonly int _messageMax;
    private readonly SimulatedEndpoint? _endpoint;
    private readonly Func<Exception> _failure;
    private Passage? _there;
    private Passage? _back;
    private HandlerRun<TRequest, TResponse>? _run;
    private ITimer? _deadline;
    private CancellationTokenRegistration _registration;
    private bool _isDone;
    private bool _isDisposed;
    private bool _isBroken;
    private bool _isAnswered;
    private Status _status;
    private Metadata? _trailers;

    public CallerEnd(
        SimulatedNetwork network, string from, Life caller, string address, Method<TRequest, TResponse> method, int messageMax)
        : base(network, network.NextCallNumber(), method.FullName, from, caller)
    {
        _method = method;
        _messageMax = messageMax;
        _endpoint = network.Find(address);
        To = _endpoint?.Machine ?? address;
        Server = _endpoint is { Life.IsAlive: true } ? _endpoint.Life : null;
        _failure = Failure;
        Requests = new Outbox<TRequest>(this, method.RequestMarshaller, caller, isAtCaller: true, messageMax);
        Responses = new Inbox<TResponse>(this, method.ResponseMarshaller, isAtCaller: true, messageMax);
    }

    public Outbox<TRequest> Requests { get; }

    public Inbox<TResponse> Responses { get; }

    protected override bool IsCallerDone => _isDone;

    protected override bool IsServerDone => _run is null or { IsDone: true };

    /// <summary>Sends the opening, or the only request with it.</summary>
    public void Start(CallOptions options, TimeProvider clock, TRequest? request)
    {
        if (options.CancellationToken.IsCancellationRequested)
        {
            End(new Status(StatusCode.Cancelled, "Call canceled by the client."));
            return;
        }

        if (!TryPack(request, out var opening))
        {
            return;
        }

        if (Server is not null)
        {
            Network.Remember(this);
        }

        Watch(options, clock);
        if (!_isDone)
        {
            Open(opening);
        }
    }

    public Status GetStatus() =>
        _isDone ? _status : throw new InvalidOperationException("Unable to get the status because the call is not complete.");

    public Metadata GetTrailers() =>
        _isDone ? _trailers ?? [] : throw new InvalidOperationException("Can't get the call trailers because the call has not completed.");

    public void Dispose()
    {
        Cancel("gRPC call disposed.");
        _isDisposed = true;
    }

    public override void Cancel(string why) => GiveUp(new Status(StatusCode.Cancelled, why));

    public override void Finish(Status status, Metadata? trailers)
    {
        if (_isDone)
        {
            return;
        }

        _isDone = true;
        _status = status;
        _trailers = trailers;
        _deadline?.Dispose();
        _registration.Unregister();
        Note(TraceKind.End, "", null);
        Show(MessageMoment.CallEnded, null, status, trailers);
        Requests.Close(_isBroken ? SocketFailure : _failure, _failure);
        Settle();
    }

    protected override void BreakAtCaller(string why)
    {
        _isBroken = true;
        End(new Status(StatusCode.Unavailable, why));
    }

    protected override void BreakAtServer()
    {
        _there?.Sever();
        _back?.Sever();
        _run?.Abort();
    }

    private bool TryPack(TRequest? request, out Packet opening)
    {
        opening = Packet.Opening();
        if (request is null)
        {
            return true;
        }

        try
        {
            opening = Requests.Pack(request);
            opening.IsLast = true;
            return true;
        }
        catch (RpcException error)
        {
            End(error.Status);
            return false;
        }
    }

    private void Watch(CallOptions options, TimeProvider clock)
    {
        if (options.CancellationToken.CanBeCanceled)
        {
            _registration = options.CancellationToken.UnsafeRegister(
                static state => ((SimulatedCall)state!).Cancel("Call canceled by the client."), this);
        }

        if (options.Deadline is not { } deadline || deadline == DateTime.MaxValue)
        {
            return;
        }

        var left = deadline.ToUniversalTime() - clock.GetUtcNow().UtcDateTime;
        if (left <= TimeSpan.Zero)
        {
            GiveUp(new Status(StatusCode.DeadlineExceeded, ""));
            return;
        }

        _deadline = clock.CreateTimer(
            static state => ((CallerEnd<TRequest, TResponse>)state!).GiveUp(new Status(StatusCode.DeadlineExceeded, "")),
            this,
            left,
            Timeout.InfiniteTimeSpan);
    }

    private void Open(Packet opening)
    {
        var there = Network.Link(From, To);
        var back = Network.Link(To, From);
        if (Server is null || Network.IsSilent(To) || back.IsLongCut)
        {
            Refuse(there, back);
            return;
        }

        _there = new Passage(this, there, Caller, Server, "request", Receive);
        _back = new Passage(this, back, Server, Caller, "response", ReceiveAnswer);
        Requests.Connect(_there, back);
        if (_method.Type == MethodType.Unary && there.Draws(there.DuplicateRate))
        {
            PlanCopy(opening.Copy(), there);
        }

        _there.Send(opening);
    }

    private void Refuse(LinkConditions there, LinkConditions back)
    {
        Network.Counters.Refused++;
        Note(TraceKind.Refuse, "", null);
        var delay = there.IsCut ? there.UntilCutIsNoticed
            : back.IsCut ? back.UntilCutIsNoticed
            : Network.IsSilent(To) ? SimulatedNetwork.ConnectTimeout
            : there.DrawDelay() + back.DrawDelay();
        PlanBreakAtCaller(delay, $"nobody answers at {To}");
    }

    /// <summary>The server executes the request a second time; nobody waits for that answer.</summary>
    private void PlanCopy(Packet request, LinkConditions link)
    {
        Network.Counters.Duplicates++;
        var delay = link.DrawDelay();
        if (link.Draws(0.25))
        {
            delay += CopyDelayMax * Network.Random.NextDouble();
        }

        Server!.After(delay, () =>
        {
            if (!link.IsCut)
            {
                Note(TraceKind.Duplicate, "request", request);
                var run = NewRun();
                run.Requests.Arrive(request);
                _ = run.RunAsync();
            }
        });
    }

    private HandlerRun<TRequest, TResponse> NewRun() =>
        new(this, Server!, _method, _endpoint!.Services.Find<Delegate>(Method), _messageMax);

    /// <summary>A packet has reached the server.</summary>
    private void Receive(Packet packet)
    {
        if (packet.IsAbort)
        {
            BreakAtServer();
            return;
        }

        if (_run is not null)
        {
            _run.Requests.Arrive(packet);
            return;
        }

        _run = NewRun();
        _run.Requests.Read = Requests.Free;
        _run.Responses.Connect(_back!, Network.Link(From, To));
        Responses.Read = _run.Responses.Free;
        _run.Requests.Arrive(packet);
        _ = ServeAsync(_run);
    }

    private async Task ServeAsync(HandlerRun<TRequest, TResponse> run)
    {
        await run.RunAsync();
        Settle();
    }

    /// <summary>A packet has reached the caller.</summary>
    private void ReceiveAnswer(Packet packet)
    {
        _isAnswered |= packet.Bytes is not null;
        if (packet.IsLast && !_isDone)
        {
            if (!_isAnswered && packet.Status.StatusCode != StatusCode.OK)
            {
                // An error without any answer is the whole response: gRPC knows it before anybody reads.
                Finish(packet.Status, packet.Trailers);
            }

            // The server listens no more; what it said may still be read.
            Requests.Close(_failure, _failure);
        }

        Responses.Arrive(packet);
    }

    /// <summary>The caller wants no more: tells the server, if it can be told.</summary>
    private void GiveUp(Status status)
    {
        if (!_isDone)
        {
            End(status);
            _there?.Send(Packet.Abort());
        }
    }

    /// <summary>The call ends before its end was read.</summary>
    private void End(Status status)
    {
        Finish(status, null);
        Responses.Close(_failure, _failure);
    }

    private IOException SocketFailure() => new(_status.Detail);

    /// <summary>What writing to a call that is over, or reading from one that failed, gives.</summary>
    private Exception Failure() => _isDisposed ? new ObjectDisposedException(nameof(CallInvoker))
        : _isDone ? new RpcException(_status, _trailers ?? [])
        : new RpcException(new Status(StatusCode.Cancelled, "the server listens no more"));
}
