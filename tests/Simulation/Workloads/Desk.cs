using DfsNet.Simulation.Nodes;
using DfsNet.Simulation.Running;
using DfsNet.Simulation.Time;

namespace DfsNet.Simulation.Workloads;

/// <summary>Where one instance of a workload works: its directory, its users, its part of the plan.</summary>
internal sealed class Desk
{
    private const int BurstLength = 4;

    private readonly PlannedWorkload _planned;
    private readonly Func<int, bool> _isDropped;
    private readonly Func<bool> _isOver;
    private readonly Dictionary<User, int> _numbers;
    private int _next;

    public Desk(World world, PlannedWorkload planned, Func<int, bool> isDropped, Func<bool> isOver)
    {
        World = world;
        _planned = planned;
        _isDropped = isDropped;
        _isOver = isOver;
        Users = [.. planned.Clients.Select(client => new User(world, world.Clients[client]))];
        _numbers = Users.Select((user, number) => (user, number)).ToDictionary(pair => pair.user, pair => pair.number);
    }

    public World World { get; }

    /// <summary>The top-level directory that nobody else touches.</summary>
    public string Directory => $"/w{_planned.Number}";

    public IReadOnlyList<User> Users { get; }

    /// <summary>The number of a user here, from 0.</summary>
    public int NumberOf(User user) => _numbers[user];

    /// <summary>What was read was compared with what was written; the chronicle knows what did not fit.</summary>
    public void Require(bool fits)
    {
        if (!fits)
        {
            World.Violate("a read returns the bytes of one commit, and of none older than it must", World.Chronicle.Violations[^1]);
        }
    }

    /// <summary>The user's loop: operation after operation, with pauses, until the plan or the phase is over.</summary>
    public async Task WorkAsync(IWorkload workload, User user)
    {
        while (!_isOver() && _next < _planned.Operations)
        {
            int number = _next++;
            var random = Seed.Numbers(_planned.Seed, number);
            if (_isDropped(number))
            {
                continue;
            }

            // Users come in bursts: what goes wrong between two calls goes wrong when they follow each other closely.
            if (random.Next(BurstLength) == 0)
            {
                await World.Scheduler.DelayAsync(_planned.Pause * (2 * BurstLength * random.NextDouble())).ConfigureAwait(false);
            }

            World.Coverage.Count($"workload: {workload.Name}");
            await workload.OperateAsync(this, user, random).ConfigureAwait(false);
        }
    }
}
