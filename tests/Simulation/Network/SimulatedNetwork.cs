using DfsNet.Devices.Network;
using DfsNet.Protocol.Connections;
using DfsNet.Simulation.Time;
using Grpc.Core;

namespace DfsNet.Simulation.Network;

/// <summary>
/// Machines, addresses and the links between them. Messages are bytes made by the real marshallers; handlers are the real ones, found by
/// the generated binders; both ends are reached only through their lives, so that a paused process does nothing and a dead one nothing
/// any more.
///
/// Fault model, per direction between two machines (<see cref="LinkConditions"/>); the transport that is imitated is gRPC over TCP:
/// - Order: the messages of one direction of one call arrive in order and once. Different calls overtake each other freely.
/// - Delay: drawn per message between DelayMin and DelayMax. Slow: messages leave one after the other at BytesPerSecond.
/// - Loss: a message with LossRate is sent again after 200, 400, 800 … ms, which delays what follows it in its stream. With LossBreakRate
///   (or after six losses) the connection breaks instead: the message and what follows never arrive, both ends see Unavailable after a
///   delay. A request may so have been executed although its caller sees Unavailable.
/// - Cut: what is sent, or would arrive, while the link is cut vanishes, and with it everything behind it in its stream, also after the
///   cut is healed; both ends of that call see Unavailable when keep-alive pings notice (10 s after the cut began, at least 2 s after the
///   sending; a server up to 20 s later than its caller). Calls that have nothing on their way survive a cut of less than 10 s; after
///   10 s all calls over the link break so. The other direction passes until then, but no new call gets through once its way back has
///   been cut for 10 s.
/// - Reset: all calls between two machines break at once at both ends.
/// - Duplicate: a unary request is executed a second time, independently, up to 3 s later, and that answer is thrown away (a network does
///   not do this over TCP; callers that retry do). A bulk frame arrives twice.
/// - Reorder: a bulk frame changes places with the one before it, if that is still on its way.
/// - Corrupt: one bit of a bulk frame's payload flips; never a bit of a protobuf message, which TCP's and our own checksums protect.
/// - Death: the other end of each call sees Unavailable (a server: the end of its caller) after a delay; after 10 s when the machine had
///   lost its power (<see cref="LosePower"/>). Where nobody listens a call sees Unavailable after a round trip; on a machine without
///   power after the 2 s of a connection attempt.
/// - Pause: a paused process answers no pings: its calls break after 10 s of silence (it learns that when it goes on).
/// - Not imitated: head-of-line blocking between calls of one connection, limits of streams per connection, connection windows.
/// </summary>
internal sealed class SimulatedNetwork
{
    /// <summary>How long a silent connection is believed in: ping delay and ping time-out of GrpcConnections.</summary>
    public static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(10);

    /// <summary>How long a server believes in a silent connection: ping delay and ping time-out of GrpcListener.</summary>
    public static readonly TimeSpan ServerKeepAlive = TimeSpan.FromSeconds(30);

    /// <summary>How long a new connection is tried.</summary>
    public static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(2);

    private readonly Dictionary<string, SimulatedEndpoint> _endpoints = new(StringComparer.Ordinal);
    private readonly Dictionary<(string From, string To), LinkConditions> _links = [];
    private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);
    private readonly HashSet<string> _silent = new(StringComparer.Ordinal);
    private readonly HashSet<Life> _known = [];
    private readonly List<SimulatedCall> _calls = [];

    public SimulatedNetwork(Scheduler scheduler, Random random)
    {
        Scheduler = scheduler;
        Random = random;
        Defaults = new LinkConditions(this, "", "");
    }

    /// <summary>Sees every message; costs nothing while nobody listens.</summary>
    public event Action<MessageSeen>? Seen;

    public Scheduler Scheduler { get; }

    public Random Random { get; }

    public NetworkCounters Counters { get; } = new();

    /// <summary>What a new link is like.</summary>
    public LinkConditions Defaults { get; }

    /// <summary>A writer waits while this many messages of its stream are on their way or unread.</summary>
    public int MessagesInFlightMax { get; set; } = 8;

    /// <summary>The window of a stream: a writer waits while this many bytes are on their way or unread.</summary>
    public long BytesInFlightMax { get; set; } = 256 * 1024;

    /// <summary>Calls that are not over at both ends.</summary>
    public int RunningCalls => _calls.Count;

    public bool IsWatched => Seen is not null;

    public IConnections ConnectionsOf(string machine, Life life, TimeProvider clock)
    {
        Greet(machine, life);
        return new SimulatedConnections(this, machine, life, clock);
    }

    /// <summary>Services listen until the life ends; <paramref name="bind"/> calls the generated BindService of each.</summary>
    public void Listen(string machine, string address, Life life, Action<ServiceBinderBase> bind)
    {
        Greet(machine, life);
        var services = new DirectEndpoint();
        bind(services);
        _endpoints[address] = new SimulatedEndpoint(machine, life, services);
    }

    /// <summary>The direction from one machine to another.</summary>
    public LinkConditions Link(string from, string to)
    {
        if (!_links.TryGetValue((from, to), out var link))
        {
            link = new LinkConditions(this, from, to);
            link.CopyFrom(Defaults);
            _links[(from, to)] = link;
        }

        return link;
    }

    /// <summary>All running calls between the two break.</summary>
    public void Reset(string a, string b)
    {
        foreach (var call in _calls)
        {
            if (call.IsBetween(a, b))
            {
                call.PlanBreak(TimeSpan.Zero, "the connection was reset");
            }
        }
    }

    /// <summary>To be called before the machine's lives die: nobody tells their peers. Ends when a new life starts on it.</summary>
    public void LosePower(string machine) => _silent.Add(machine);

    internal bool IsSilent(string machine) => _silent.Contains(machine);

    internal SimulatedEndpoint? Find(string address) => _endpoints.GetValueOrDefault(address);

    internal long NextCallNumber() => ++Counters.Calls;

    /// <summary>A small number for a name, in the order in which names appeared.</summary>
    internal int NumberOf(string name)
    {
        if (!_numbers.TryGetValue(name, out int number))
        {
            number = _numbers[name] = _numbers.Count;
        }

        return number;
    }

    internal void Show(MessageSeen seen) => Seen?.Invoke(seen);

    internal void Remember(SimulatedCall call)
    {
        call.Place = _calls.Count;
        _calls.Add(call);
    }

    internal void Forget(SimulatedCall call)
    {
        if (call.Place < 0)
        {
            return;
        }

        var last = _calls[^1];
        _calls[call.Place] = last;
        last.Place = call.Place;
        _calls.RemoveAt(_calls.Count - 1);
        call.Place = -1;
    }

    /// <summary>A link was cut for the whole keep-alive time.</summary>
    internal void NoticeCut(string a, string b)
    {
        foreach (var call in _calls)
        {
            if (call.IsBetween(a, b))
            {
                call.PlanSilentBreak(TimeSpan.Zero);
            }
        }
    }

    private void Greet(string machine, Life life)
    {
        if (_known.Add(life))
        {
            _silent.Remove(machine);
            life.Died += () => Bury(machine, life);
            life.Paused += () => Scheduler.After(KeepAlive, () => MissPings(life));
        }
    }

    /// <summary>A process that is paused answers no pings. What its peers do then, it learns when it goes on.</summary>
    private void MissPings(Life life)
    {
        if (!life.IsPaused || !life.IsAlive)
        {
            return;
        }

        foreach (var call in _calls)
        {
            if (call.Server == life || call.Caller == life)
            {
                call.PlanSilentBreak(TimeSpan.Zero);
            }
        }

        Scheduler.After(KeepAlive, () => MissPings(life));
    }

    /// <summary>The peers of a dead process learn of it.</summary>
    private void Bury(string machine, Life life)
    {
        _known.Remove(life);
        foreach (var call in _calls.ToArray())
        {
            if (call.Caller != life && call.Server != life)
            {
                continue;
            }

            var way = Link(machine, call.Caller == life ? call.To : call.From);
            var delay = IsSilent(machine) ? KeepAlive : way.IsCut ? way.UntilCutIsNoticed : way.DrawDelay();
            if (call.Caller == life)
            {
                // Also where no handler runs yet: its request may still be on its way.
                call.PlanBreakAtServer(delay);
            }
            else
            {
                call.PlanBreakAtCaller(delay, $"the process at {machine} is gone");
            }

            if (call.IsOver)
            {
                Forget(call);
            }
        }
    }
}
