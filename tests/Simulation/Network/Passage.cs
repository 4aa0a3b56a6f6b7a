using DfsNet.Simulation.Time;

namespace DfsNet.Simulation.Network;

/// <summary>The way of one direction of one call: packets arrive in order, late, or never.</summary>
internal sealed class Passage(
    SimulatedCall call, LinkConditions link, Life sender, Life receiver, string label, Action<Packet> deliver)
{
    private PacketQueue _inTransit;
    private Action? _arrive;
    private long _lastArrival;
    private bool _isSevered;

    private SimulatedNetwork Network => call.Network;

    public void Send(Packet packet)
    {
        if (_isSevered || !sender.IsAlive)
        {
            return;
        }

        Network.Counters.Messages++;
        call.Note(TraceKind.Send, label, packet);
        if (link.IsCut)
        {
            FallIntoHole();
            return;
        }

        bool isFrame = packet.PayloadLength > 0;
        if (isFrame)
        {
            Disturb(packet);
        }

        Plan(packet);
        if (isFrame && link.Draws(link.DuplicateRate))
        {
            Network.Counters.Duplicates++;
            Plan(packet.Copy());
        }
    }

    /// <summary>What is on its way never arrives, and nothing goes on its way any more.</summary>
    public void Sever()
    {
        _isSevered = true;
        _inTransit.Clear();
    }

    private void Plan(Packet packet)
    {
        if (link.DrawArrival(packet.Length) is not { } arrival)
        {
            Sever();
            call.PlanBreak(link.DrawDelay(), "a packet was lost too often");
            return;
        }

        _lastArrival = Math.Max(arrival, _lastArrival);
        _inTransit.Enqueue(packet);
        receiver.After(new TimeSpan(_lastArrival - Network.Scheduler.Now), _arrive ??= Arrive);
    }

    /// <summary>What happens only to frames of bulk bytes.</summary>
    private void Disturb(Packet frame)
    {
        if (link.Draws(link.CorruptRate))
        {
            Network.Counters.Corruptions++;
            frame.Corrupt(Network.Random);
        }

        if (_inTransit.Last is { PayloadLength: > 0 } before && link.Draws(link.ReorderRate))
        {
            Network.Counters.Reorders++;
            frame.SwapFrames(before);
        }
    }

    private void Arrive()
    {
        if (_inTransit.Dequeue() is not { } packet)
        {
            return;
        }

        if (link.IsCut)
        {
            FallIntoHole();
            return;
        }

        call.Note(TraceKind.Deliver, label, packet);
        deliver(packet);
    }

    private void FallIntoHole()
    {
        Network.Counters.Vanished++;
        Sever();
        call.PlanSilentBreak(link.UntilCutIsNoticed);
    }
}
