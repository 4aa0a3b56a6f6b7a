using DfsNet.Protocol.Wire;
using DfsNet.Simulation.Checkers.Recording;
using DfsNet.Simulation.Network;
using DfsNet.Simulation.Observation;
using DfsNet.Simulation.Running;
using DfsNet.Simulation.Time;
using Microsoft.Extensions.Logging;

namespace DfsNet.Simulation.Nodes;

/// <summary>One simulated site: machines, the network between them, one virtual time, and what was seen to happen.</summary>
internal sealed class World
{
    private readonly TaskCompletionSource _violated = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public World(Shape shape, Random random)
    {
        Shape = shape;
        Chronicle = new Chronicle(() => Scheduler.Now);
        Network = new SimulatedNetwork(Scheduler, new Random(random.Next()));
        Metas =
        [
            .. Enumerable.Range(1, shape.MetaServers).Select(i => new MetaMachine(
                this, shape.MetaServers == 1 ? "meta" : $"meta{i}", new Random(random.Next()))),
        ];
        Servers =
        [
            .. Enumerable.Range(1, shape.ChunkServers).Select(i => new ChunkMachine(
                this,
                $"server{i}",
                shape.ChunkOptions with { Domain = $"rack{i % shape.Domains}" },
                shape.DisksPerServer,
                new Random(random.Next()))),
        ];
        Clients = [.. Enumerable.Range(1, shape.Clients).Select(i => new ClientMachine(this, $"client{i}", new Random(random.Next())))];
        Machines = [.. Metas, .. Servers, .. Clients];
        Victim = Servers[random.Next(Servers.Count)];
        MetaVictim = Metas[Metas.Count == 1 ? 0 : random.Next(Metas.Count)];
    }

    public Shape Shape { get; }

    public Scheduler Scheduler { get; } = new();

    public SimulatedNetwork Network { get; }

    public IReadOnlyList<MetaMachine> Metas { get; }

    /// <summary>The metadata server that leads; where none does, the one whose record is the furthest.</summary>
    public MetaMachine Meta => Metas.Count == 1 ? Metas[0] : Metas.MaxBy(meta => (meta.LeadingTerm, meta.Store.AppliedIndex))!;

    /// <summary>A metadata server leads, and all others take part.</summary>
    public bool IsLed => Metas.All(meta => meta.IsServing) && Metas.Any(meta => meta.LeadingTerm != 0);

    /// <summary>The one metadata server whose log may be damaged in this run.</summary>
    public MetaMachine MetaVictim { get; }

    public IReadOnlyList<ChunkMachine> Servers { get; }

    public IReadOnlyList<ClientMachine> Clients { get; }

    public IReadOnlyList<Machine> Machines { get; }

    /// <summary>
    /// The one server whose disks may go bad in this run: what is damaged everywhere is lost, and no system could keep it.
    /// </summary>
    public ChunkMachine Victim { get; }

    public Seams Seams { get; } = new();

    public Coverage Coverage { get; } = new();

    /// <summary>Orders all that users do and see, and numbers what they write.</summary>
    public Chronicle Chronicle { get; }

    /// <summary>Whether any fault has begun: until then everything has to work at once.</summary>
    public bool WasStruck { get; set; }

    /// <summary>The server that an operator had emptied, and that is to be empty in the end; one at a time.</summary>
    public ChunkMachine? Drained { get; set; }

    /// <summary>No more backups are taken, so that the cluster can come to rest.</summary>
    public bool BackupsAreOver { get; set; }

    /// <summary>What must never happen and did.</summary>
    public List<string> Violations { get; } = [];

    /// <summary>Completes at the first violation.</summary>
    public Task Violated => _violated.Task;

    public TimeSpan Now => new(Scheduler.Now);

    public ILoggerFactory LogsOf(Life life) => new NodeLogs(this, life);

    /// <summary>Something that must not happen happened.</summary>
    public void Violate(string checker, string what)
    {
        string line = $"{checker}: {what} (at {Now.TotalSeconds:F3} s)";
        Scheduler.Trace.Note(Scheduler.Now, line);
        Violations.Add(line);
        _violated.TrySetResult();
    }

    /// <summary>All faults end: networks carry, disks work, clocks run true, everything is started.</summary>
    public void Heal()
    {
        foreach (var from in Machines)
        {
            foreach (var to in Machines)
            {
                Network.Link(from.Name, to.Name).CopyFrom(Network.Defaults);
            }
        }

        foreach (var machine in Machines)
        {
            machine.Heal();
        }
    }

    /// <summary>The metadata server of this name, or null.</summary>
    public MetaMachine? FindMeta(string name) => Metas.FirstOrDefault(meta => meta.Name == name);

    /// <summary>A volume takes no writes any more, or was not opened at all: nothing but a bad disk may do that.</summary>
    public void NoteVolume(Life life, bool isOpen)
    {
        var server = Servers.Single(server => server.Life == life);
        server.NoteVolume(isOpen);
        if (server != Victim || !Victim.HasBadDisks)
        {
            Violate("a volume fails only with its disk", $"a volume of {server.Name} {(isOpen ? "failed" : "was not opened")}");
        }
    }

    /// <summary>A node's process ended by itself.</summary>
    public void NoteEnd(Machine machine, Exception? reason)
    {
        string why = reason is DfsException typed ? typed.Code.ToString() : reason?.GetType().Name ?? "nothing";
        Coverage.Count($"process ended by itself: {why}");
        if (machine is MetaMachine && reason is DfsException { Code: ErrorCode.VolumeFailed })
        {
            Coverage.Count(Rows.MetaStopped);
        }

        Scheduler.Trace.Note(Scheduler.Now, $"{machine.Name} ended by itself: {reason}");
        if (reason is not DfsException)
        {
            Violate("processes end for a typed reason", $"{machine.Name} ended with {reason?.ToString() ?? "no error"}");
        }
    }
}
