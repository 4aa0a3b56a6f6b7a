using DfsNet.Devices.Network;
using DfsNet.Simulation.Time;
using Grpc.Core;

namespace DfsNet.Simulation.Network;

/// <summary>The server's end of one call: its handler at work.</summary>
internal sealed class HandlerRun<TRequest, TResponse>
    where TRequest : class
    where TResponse : class
{
    private readonly Method<TRequest, TResponse> _method;
    private readonly Delegate? _handler;
    private readonly CancellationTokenSource _ended = new();
    private readonly DirectCallContext _context;
    private bool _isAborted;

    public HandlerRun(SimulatedCall call, Life life, Method<TRequest, TResponse> method, Delegate? handler, int messageMax)
    {
        _method = method;
        _handler = handler;
        _context = new DirectCallContext(method.FullName, _ended.Token);
        Requests = new Inbox<TRequest>(call, method.RequestMarshaller, isAtCaller: false, messageMax);
        Responses = new Outbox<TResponse>(call, method.ResponseMarshaller, life, isAtCaller: false, messageMax);
    }

    public Inbox<TRequest> Requests { get; }

    public Outbox<TResponse> Responses { get; }

    public bool IsDone { get; private set; }

    /// <summary>Runs the handler; what it throws becomes the status.</summary>
    public async Task RunAsync()
    {
        Packet last;
        try
        {
            last = await HandleAsync();
            last.Status = _context.Status;
            last.Trailers = _context.Trailers;
        }
        catch (RpcException error)
        {
            last = new Packet { Status = error.Status, Trailers = error.Trailers };
        }
        catch (Exception error)
        {
            last = new Packet { Status = new Status(StatusCode.Unknown, $"Exception was thrown by handler. {error.GetType().Name}") };
        }

        IsDone = true;
        if (!_isAborted)
        {
            last.IsLast = true;
            Responses.Send(last);
            Close();
        }
    }

    /// <summary>The caller is gone, or the way to it.</summary>
    public void Abort()
    {
        if (IsDone || _isAborted)
        {
            return;
        }

        _isAborted = true;
        Close();
        _ended.Cancel();
    }

    private async Task<Packet> HandleAsync()
    {
        switch (_handler)
        {
            case UnaryServerMethod<TRequest, TResponse> unary:
                return Responses.Pack(await unary(await Requests.SingleAsync(), _context));
            case ClientStreamingServerMethod<TRequest, TResponse> clientStreaming:
                return Responses.Pack(await clientStreaming(Requests, _context));
            case ServerStreamingServerMethod<TRequest, TResponse> serverStreaming:
                await serverStreaming(await Requests.SingleAsync(), Responses, _context);
                return new Packet();
            case DuplexStreamingServerMethod<TRequest, TResponse> duplex:
                await duplex(Requests, Responses, _context);
                return new Packet();
            default:
                throw new RpcException(new Status(StatusCode.Unimplemented, $"{_method.FullName} is not implemented here"));
        }
    }

    private void Close()
    {
        Requests.Close(
            static () => new IOException("The client reset the request stream."),
            static () => new InvalidOperationException("Can't read messages after the request is complete."));
        Responses.Close(
            static () => new OperationCanceledException("The client reset the request stream."),
            static () => new InvalidOperationException("Can't write the message because the request is complete."));
    }
}
