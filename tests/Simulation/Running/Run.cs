using DfsNet.Integrity;
using DfsNet.Simulation.Checkers;
using DfsNet.Simulation.Faults;
using DfsNet.Simulation.Nodes;
using DfsNet.Simulation.Observation;
using DfsNet.Simulation.Sabotage;
using DfsNet.Simulation.Time;
using DfsNet.Simulation.Workloads;

namespace DfsNet.Simulation.Running;

/// <summary>
/// One run: seed → shape and plan → start → safety phase (operations and faults) → heal → liveness phase (everything must come back to
/// order) → checkers.
/// </summary>
internal sealed class Run
{
    // Without faults a cluster starts in a second or two.
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ConvergencePoll = TimeSpan.FromMilliseconds(250);

    private readonly RunOptions _options;
    private readonly World _world;
    private readonly Plan _plan;
    private readonly ISabotage? _sabotage;
    private readonly IReadOnlyList<IWatcher> _watchers = [.. CheckerList.Watchers()];
    private readonly TaskCompletionSource _healed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<Task> _strikes = [];
    private readonly List<(IWorkload Workload, Desk Desk)> _work = [];

    public Run(RunOptions options)
    {
        _options = options;
        var shape = Oddities.Draw(Shape.Draw(Seed.Numbers(options.Seed, 1), options.DefaultTimeouts), Seed.Numbers(options.Seed, 5));
        int metaServers = options.MetaServers ?? (Seed.Numbers(options.Seed, 6).Next(2) * 2) + 1;
        shape = shape.WithMetaServers(metaServers, Seed.Numbers(options.Seed, 7));
        bool backsUp = options.Backups ?? (options.Sabotage is null && Seed.Numbers(options.Seed, 8).Next(4) == 0);
        shape = backsUp && !options.DefaultTimeouts ? shape.WithBackups(Seed.Numbers(options.Seed, 9)) : shape;
        _world = new World(shape, Seed.Numbers(options.Seed, 2));
        _world.Scheduler.Trace.Listener = options.Trace;
        _sabotage = options.Sabotage is { } name ? SabotageList.Find(name) : null;
        _sabotage?.TakeHold(_world);
        _plan = Plan.Draw(Seed.Numbers(options.Seed, 3), _world, options);
    }

    public async Task<RunResult> ExecuteAsync()
    {
        using var sabotaged = PatchedCode.Switch(_sabotage);
        try
        {
            await _world.Scheduler.RunAsync(_options.StopsAtViolation ? PlayUntilViolationAsync : PlayAsync).ConfigureAwait(false);
        }
        catch (SimulationException error)
        {
            _world.Violations.Add(error.ToString());
        }
        catch (InvariantException error)
        {
            // A checker read the metadata record with the product's own eyes.
            _world.Violations.Add($"the record is whole: {error}");
        }

        FiredFaults.Count(_world);
        return new RunResult
        {
            Seed = _options.Seed,
            Shape = _world.Shape,
            Plan = _plan,
            Violations = [.. _world.Violations],
            TraceHash = _world.Scheduler.Trace.Value,
            Coverage = _world.Coverage,
            VirtualTime = _world.Now,
            Events = _world.Scheduler.EventCount,
        };
    }

    private async Task PlayUntilViolationAsync()
    {
        var first = await Task.WhenAny(PlayAsync(), _world.Violated).ConfigureAwait(false);
        await first.ConfigureAwait(false);
    }

    private async Task PlayAsync()
    {
        if (!await StartAsync().ConfigureAwait(false))
        {
            return;
        }

        Note("safety phase");
        await OperateAsync().ConfigureAwait(false);
        Note("heal");
        await HealAsync().ConfigureAwait(false);
        Note("liveness phase");

        // A disk that hung still owes what it was asked before: a server that opens its volumes waits for it.
        await ConvergeAsync(CheckerList.Presence).ConfigureAwait(false);
        await Task.WhenAll(_work.Select(pair => pair.Workload.FinishAsync(pair.Desk, pair.Desk.Users[0]))).ConfigureAwait(false);
        _world.BackupsAreOver = true;
        await EndSessionsAsync().ConfigureAwait(false);
        await ConvergeAsync([.. CheckerList.Convergence, .. _watchers.OfType<IConvergence>()]).ConfigureAwait(false);
        foreach (var (workload, desk) in _work)
        {
            foreach (string line in workload.Check(desk))
            {
                _world.Violate(workload.Name, line);
            }
        }

        foreach (var checker in CheckerList.Final)
        {
            foreach (string line in await checker.CheckAsync(_world).ConfigureAwait(false))
            {
                _world.Violate(checker.Name, line);
            }
        }
    }

    private async Task<bool> StartAsync()
    {
        RowSources.Watch(_world);
        foreach (var watcher in _watchers)
        {
            watcher.Watch(_world);
        }

        foreach (var machine in _world.Machines)
        {
            machine.Start();
        }

        long end = _world.Scheduler.Now + StartLimit.Ticks;
        while (!_world.IsLed || _world.Servers.Any(server => !server.IsServing)
            || _world.Clients.Any(client => !client.Client.IsCompletedSuccessfully))
        {
            if (_world.Scheduler.Now > end)
            {
                _world.Violate("the cluster starts", "not everybody serves");
                return false;
            }

            await _world.Scheduler.DelayAsync(TimeSpan.FromMilliseconds(50)).ConfigureAwait(false);
        }

        // Placement hears from the first heartbeat behind the registration that a volume is open.
        await _world.Scheduler.DelayAsync(_world.Shape.MetaOptions.HeartbeatInterval * 2).ConfigureAwait(false);
        foreach (var planned in _plan.Workloads)
        {
            var workload = WorkloadList.Create(planned.Workload);
            var desk = new Desk(
                _world,
                planned,
                number => _options.DroppedOperations.Any(dropped => dropped.Contains(planned.Number, number)),
                () => _healed.Task.IsCompleted);
            _work.Add((workload, desk));
            await desk.Users[0].InsistAsync("make the workload's directory", client => client.CreateDirectoryAsync(desk.Directory, true))
                .ConfigureAwait(false);
            await workload.PrepareAsync(desk).ConfigureAwait(false);
        }

        return true;
    }

    private async Task OperateAsync()
    {
        foreach (var planned in _plan.Strikes.Where(planned => !_options.DroppedStrikes.Contains(planned.Number)))
        {
            _world.Scheduler.After(planned.At, () => _strikes.Add(StrikeAsync(planned)));
        }

        var users = _work.SelectMany(pair => pair.Desk.Users.Select(user => pair.Desk.WorkAsync(pair.Workload, user))).ToList();
        var over = _world.Scheduler.DelayAsync(_world.Shape.SafetyPhase);
        await Task.WhenAny(over, Task.WhenAll(users)).ConfigureAwait(false);
        _healed.SetResult();
        _world.Heal();
        await Task.WhenAll(users).ConfigureAwait(false);
    }

    private async Task StrikeAsync(PlannedStrike planned)
    {
        if (_healed.Task.IsCompleted)
        {
            return;
        }

        _world.WasStruck = true;
        Note($"strike {planned.Number}: {planned.Fault}");
        await FaultList.Find(planned.Fault).StrikeAsync(_world, new Strike(_world, planned, _healed.Task)).ConfigureAwait(false);
        Note($"strike {planned.Number}: {planned.Fault} is over");
    }

    private async Task HealAsync()
    {
        await Task.WhenAll(_strikes).ConfigureAwait(false);
        _world.Heal();
    }

    /// <summary>Half of the clients say good-bye, the others just go: their sessions have to be ended by time.</summary>
    private async Task EndSessionsAsync()
    {
        var random = Seed.Numbers(_options.Seed, 4);
        foreach (var client in _world.Clients)
        {
            if (random.Next(2) == 0)
            {
                await client.CloseAsync().ConfigureAwait(false);
            }

            client.IsHeldDown = true;
            client.Kill();
        }
    }

    private async Task ConvergeAsync(IReadOnlyList<IConvergence> conditions)
    {
        long end = _world.Scheduler.Now + _world.Shape.LivenessLimit.Ticks;
        foreach (var condition in conditions)
        {
            while (condition.Missing(_world) is { } missing)
            {
                if (_world.Scheduler.Now > end)
                {
                    _world.Violate(condition.Name, missing);
                    break;
                }

                await _world.Scheduler.DelayAsync(ConvergencePoll).ConfigureAwait(false);
            }
        }
    }

    private void Note(string line)
    {
        _world.Scheduler.Trace.Add(line);
        _world.Scheduler.Trace.Note(_world.Scheduler.Now, $"== {line}");
    }
}
