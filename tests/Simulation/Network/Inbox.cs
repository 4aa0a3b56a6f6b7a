using DfsNet.Devices.Network;
using Grpc.Core;

namespace DfsNet.Simulation.Network;

/// <summary>The receiving end of one direction of a call: what has arrived, in order, and is parsed when it is read.</summary>
internal sealed class Inbox<T>(SimulatedCall call, Marshaller<T> marshaller, bool isAtCaller, int messageMax) : IAsyncStreamReader<T>
{
    private PacketQueue _arrived;
    private Packet? _end;
    private Func<Exception>? _refusal;
    private TaskCompletionSource<bool>? _waiting;
    private CancellationTokenRegistration _registration;

    public T Current { get; private set; } = default!;

    /// <summary>Hears of every message that was read: room for another.</summary>
    public Action<Packet>? Read { get; set; }

    public void Arrive(Packet packet)
    {
        if (_refusal is not null)
        {
            return;
        }

        if (packet.Bytes is not null)
        {
            _arrived.Enqueue(packet);
        }

        if (packet.IsLast)
        {
            _end = packet;
        }

        if (_waiting is { } waiting && (!_arrived.IsEmpty || _end is not null))
        {
            Release();
            try
            {
                waiting.TrySetResult(Take());
            }
            catch (Exception error)
            {
                waiting.TrySetException(error);
            }
        }
    }

    public Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            if (!isAtCaller)
            {
                return Task.FromCanceled<bool>(cancellationToken);
            }

            call.Cancel("Call canceled by the client.");
        }

        if (_refusal is not null)
        {
            return Task.FromException<bool>(_refusal());
        }

        if (_waiting is not null)
        {
            return Task.FromException<bool>(
                new InvalidOperationException("Can't read the next message because the previous read is still in progress."));
        }

        if (_arrived.IsEmpty && _end is null)
        {
            return WaitAsync(cancellationToken);
        }

        try
        {
            return Task.FromResult(Take());
        }
        catch (Exception error)
        {
            return Task.FromException<bool>(error);
        }
    }

    /// <summary>The only message of this direction.</summary>
    public async Task<T> SingleAsync()
    {
        if (!await MoveNext(CancellationToken.None))
        {
            throw new RpcException(new Status(StatusCode.Internal, "the call ended without a message"));
        }

        var message = Current;
        await MoveNext(CancellationToken.None);
        return message;
    }

    /// <summary>The call is over for this end: what was not read is lost.</summary>
    public void Close(Func<Exception> waiting, Func<Exception> later)
    {
        _refusal = later;
        _arrived.Clear();
        if (_waiting is { } reader)
        {
            Release();
            reader.TrySetException(waiting());
        }
    }

    /// <summary>False at the end of the stream.</summary>
    private bool Take()
    {
        if (_arrived.Dequeue() is { } packet)
        {
            Current = Parse(packet);
            Read?.Invoke(packet);
            return true;
        }

        if (isAtCaller)
        {
            call.Finish(_end!.Status, _end.Trailers);
            if (_end.Status.StatusCode != StatusCode.OK)
            {
                throw new RpcException(_end.Status, _end.Trailers ?? []);
            }
        }

        return false;
    }

    private T Parse(Packet packet)
    {
        if (packet.Length > messageMax)
        {
            throw new RpcException(new Status(
                StatusCode.ResourceExhausted, $"Received message exceeds the maximum configured message size: {packet.Length} bytes."));
        }

        var message = MessageBytes.To(marshaller, packet.Bytes!);
        call.Show(isAtCaller ? MessageMoment.ResponseDelivered : MessageMoment.RequestDelivered, message, Status.DefaultSuccess);
        return message;
    }

    private Task<bool> WaitAsync(CancellationToken cancellation)
    {
        _waiting = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        var arrives = _waiting.Task;
        if (cancellation.CanBeCanceled)
        {
            _registration = cancellation.UnsafeRegister(GiveUp, null);
        }

        return arrives;
    }

    private void GiveUp(object? state, CancellationToken token)
    {
        if (isAtCaller)
        {
            call.Cancel("Call canceled by the client.");
        }
        else if (_waiting is { } waiting)
        {
            Release();
            waiting.TrySetCanceled(token);
        }
    }

    private void Release()
    {
        _registration.Unregister();
        _registration = default;
        _waiting = null;
    }
}
