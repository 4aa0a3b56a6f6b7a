using DfsNet.Devices.Network;
using DfsNet.Protocol.Bulk;
using DfsNet.Simulation.Time;
using Grpc.Core;

namespace DfsNet.Simulation.Network;

/// <summary>
/// The sending end of one direction of a call: makes bytes of messages and waits while too many are on their way or unread.
/// </summary>
internal sealed class Outbox<T>(SimulatedCall call, Marshaller<T> marshaller, Life sender, bool isAtCaller, int messageMax)
    : IClientStreamWriter<T>, IServerStreamWriter<T>
{
    private Passage? _passage;
    private LinkConditions? _back;
    private Func<Exception>? _refusal;
    private bool _isCompleted;
    private int _messagesInFlight;
    private long _bytesInFlight;
    private Packet? _waiting;
    private TaskCompletionSource? _room;
    private CancellationTokenRegistration _registration;
    private bool _isWakePlanned;

    public WriteOptions? WriteOptions { get; set; }

    /// <summary>Without a passage everything that is sent is thrown away.</summary>
    public void Connect(Passage passage, LinkConditions back)
    {
        _passage = passage;
        _back = back;
    }

    public Task WriteAsync(T message) => WriteAsync(message, CancellationToken.None);

    public Task WriteAsync(T message, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            if (!isAtCaller)
            {
                return Task.FromCanceled(cancellationToken);
            }

            call.Cancel("Call canceled by the client.");
        }

        if (_isCompleted)
        {
            return Task.FromException(new InvalidOperationException("Request stream has already been completed."));
        }

        if (_refusal is not null)
        {
            return Task.FromException(_refusal());
        }

        if (_waiting is not null)
        {
            return Task.FromException(
                new InvalidOperationException("Can't write the message because the previous write is in progress."));
        }

        try
        {
            return SendAsync(Pack(message), cancellationToken);
        }
        catch (Exception error)
        {
            return Task.FromException(error);
        }
    }

    public Task CompleteAsync()
    {
        if (!_isCompleted && _refusal is null)
        {
            _isCompleted = true;
            _passage?.Send(new Packet { IsLast = true });
        }

        return Task.CompletedTask;
    }

    public Packet Pack(T message)
    {
        byte[] bytes = MessageBytes.Of(marshaller, message);
        if (bytes.Length > messageMax)
        {
            throw new RpcException(new Status(
                StatusCode.ResourceExhausted, $"Sending message exceeds the maximum configured message size: {bytes.Length} bytes."));
        }

        call.Show(isAtCaller ? MessageMoment.RequestSent : MessageMoment.ResponseSent, message, Status.DefaultSuccess);
        return Packet.Message(bytes, PayloadOf(message));
    }

    /// <summary>Sends a packet that needs no room in the window.</summary>
    public void Send(Packet packet) => _passage?.Send(packet);

    /// <summary>The call is over for this end: a waiting write fails so, and every later one like that.</summary>
    public void Close(Func<Exception> waiting, Func<Exception> later)
    {
        _refusal = later;
        if (_room is { } room)
        {
            Release();
            room.TrySetException(waiting());
        }
    }

    /// <summary>The other end has read a message.</summary>
    public void Free(Packet packet)
    {
        if (packet.IsCopy)
        {
            return;
        }

        _messagesInFlight--;
        _bytesInFlight -= packet.Length;
        if (_waiting is null || _isWakePlanned || !HasRoom)
        {
            return;
        }

        if (_back!.IsCut)
        {
            call.PlanSilentBreak(_back.UntilCutIsNoticed);
            return;
        }

        _isWakePlanned = true;
        sender.After(_back.DrawDelay(), Wake);
    }

    private bool HasRoom =>
        _messagesInFlight < call.Network.MessagesInFlightMax && _bytesInFlight < call.Network.BytesInFlightMax;

    private Task SendAsync(Packet packet, CancellationToken cancellation)
    {
        if (HasRoom)
        {
            Count(packet);
            return Task.CompletedTask;
        }

        _waiting = packet;
        _room = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var done = _room.Task;
        if (cancellation.CanBeCanceled)
        {
            _registration = cancellation.UnsafeRegister(GiveUp, null);
        }

        return done;
    }

    private void Count(Packet packet)
    {
        if (_passage is not null)
        {
            _messagesInFlight++;
            _bytesInFlight += packet.Length;
            _passage.Send(packet);
        }
    }

    private void Wake()
    {
        _isWakePlanned = false;
        if (_waiting is { } packet && HasRoom)
        {
            var room = _room!;
            Release();
            Count(packet);
            room.TrySetResult();
        }
    }

    private void GiveUp(object? state, CancellationToken token)
    {
        if (isAtCaller)
        {
            call.Cancel("Call canceled by the client.");
        }
        else if (_room is { } room)
        {
            Release();
            room.TrySetCanceled(token);
        }
    }

    private void Release()
    {
        _registration.Unregister();
        _registration = default;
        _waiting = null;
        _room = null;
    }

    private static int PayloadOf(T message) => message switch
    {
        AppendMessage append => append.Payload?.Length ?? 0,
        ReadFrame frame => frame.Payload.Length,
        _ => 0,
    };
}
