using DfsNet.Simulation.Time;
using Grpc.Core;

namespace DfsNet.Simulation.Network;

/// <summary>One running call as the network knows it: who talks to whom, and how it breaks.</summary>
internal abstract class SimulatedCall(SimulatedNetwork network, long number, string method, string from, Life caller)
{
    private readonly int _methodNumber = network.NumberOf(method);
    private long _breaksAt = long.MaxValue;

    public SimulatedNetwork Network => network;

    public long Number => number;

    public string Method => method;

    public string From => from;

    /// <summary>The machine behind the address; the address where none is known.</summary>
    public string To { get; protected set; } = "";

    public Life Caller => caller;

    /// <summary>Null: nobody listened there.</summary>
    public Life? Server { get; protected set; }

    /// <summary>Its place in the network's list.</summary>
    public int Place { get; set; } = -1;

    public bool IsOver => (IsCallerDone || !caller.IsAlive) && (IsServerDone || Server is not { IsAlive: true });

    protected abstract bool IsCallerDone { get; }

    /// <summary>Also true before the request has arrived.</summary>
    protected abstract bool IsServerDone { get; }

    public bool IsBetween(string a, string b) => (From == a && To == b) || (From == b && To == a);

    /// <summary>The caller's token fired, or it disposed the call.</summary>
    public abstract void Cancel(string why);

    /// <summary>The caller knows how its call ended.</summary>
    public abstract void Finish(Status status, Metadata? trailers);

    /// <summary>Both ends see the connection break after <paramref name="delay"/>, unless they do so earlier.</summary>
    public void PlanBreak(TimeSpan delay, string why)
    {
        if (TryAdvanceBreak(delay))
        {
            PlanBreakAtCaller(delay, why);
            PlanBreakAtServer(delay);
        }
    }

    /// <summary>Both ends find out by their pings that the connection is dead; servers ping less often.</summary>
    public void PlanSilentBreak(TimeSpan delay)
    {
        if (TryAdvanceBreak(delay))
        {
            PlanBreakAtCaller(delay, "keep-alive pings were not answered");
            PlanBreakAtServer(delay + ((SimulatedNetwork.ServerKeepAlive - SimulatedNetwork.KeepAlive) * network.Random.NextDouble()));
        }
    }

    public void PlanBreakAtCaller(TimeSpan delay, string why) => caller.After(delay, () =>
    {
        if (!IsCallerDone)
        {
            network.Counters.BrokenEnds++;
            Note(TraceKind.Break, "caller", null);
            BreakAtCaller(why);
        }
    });

    public void PlanBreakAtServer(TimeSpan delay) => Server?.After(delay, () =>
    {
        if (!IsServerDone)
        {
            network.Counters.BrokenEnds++;
            Note(TraceKind.Break, "server", null);
        }

        BreakAtServer();
    });

    public void Note(TraceKind kind, string label, Packet? packet)
    {
        var trace = network.Scheduler.Trace;
        trace.Add(((long)kind << 48) | ((long)_methodNumber << 32) | (uint)(number & uint.MaxValue));
        trace.Add(((long)(packet?.Length ?? 0) << 32) | (packet?.Crc ?? 0));
        trace.Add(network.Scheduler.Now);
        if (trace.Listener is { } listener)
        {
            listener(FormattableString.Invariant(
                $"{new TimeSpan(network.Scheduler.Now):c} {From} → {To} {method} #{number}: {kind} {label} {Describe(packet)}"));
        }
    }

    public void Show(MessageMoment moment, object? message, Status status, Metadata? trailers = null)
    {
        if (network.IsWatched)
        {
            network.Show(new MessageSeen(number, method, From, To, moment, message, status, trailers));
        }
    }

    protected abstract void BreakAtCaller(string why);

    protected abstract void BreakAtServer();

    private bool TryAdvanceBreak(TimeSpan delay)
    {
        long at = network.Scheduler.Now + delay.Ticks;
        if (at >= _breaksAt)
        {
            return false;
        }

        _breaksAt = at;
        return true;
    }

    /// <summary>The network forgets a call that is over at both ends.</summary>
    protected void Settle()
    {
        if (IsOver)
        {
            network.Forget(this);
        }
    }

    private static string Describe(Packet? packet) => packet switch
    {
        null => "",
        { IsAbort: true } => "abort",
        { Bytes: null, IsLast: true } => $"end {packet.Status.StatusCode} {packet.Status.Detail}",
        { Bytes: null } => "opening",
        _ => FormattableString.Invariant($"{packet.Length} bytes {packet.Crc:x8}{(packet.IsLast ? " and end" : "")}"),
    };
}
