using DfsNet.MetaServer.Cluster;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Repair;

/// <summary>
/// The brake on mass failure: when a fifth of the servers (and more than one of them), or servers of more than one fault domain, die
/// within ten minutes, it is more likely that a switch, a power line or a configuration failed than so many machines. Then only chunks with
/// one good copy are repaired and nothing is removed as surplus, for ten minutes, or until they are back or an operator says so. A server
/// whose loss was made up for before another one dies is not counted with it.
/// </summary>
internal sealed class MassFailure(TickCounter ticks, TimeSpan window, Alarms alarms)
{
    private const string Subject = "mass-failure";
    private const int ServersMin = 2;
    private const int SharePerCent = 20;

    // Guards all fields: the tick writes, repair and status read.
    private readonly Lock _lock = new();
    private readonly Dictionary<ServerId, long> _diedAt = [];
    private readonly HashSet<ServerId> _deadBefore = [];
    private long _until;

    public bool IsActive
    {
        get
        {
            lock (_lock)
            {
                return _until > ticks.Now;
            }
        }
    }

    /// <summary>How long it still holds; zero when it does not.</summary>
    public TimeSpan Left
    {
        get
        {
            lock (_lock)
            {
                return ticks.SpanOf(Math.Max(0, _until - ticks.Now));
            }
        }
    }

    public void Died(ServerId server)
    {
        lock (_lock)
        {
            _diedAt[server] = ticks.Now;
        }
    }

    /// <summary>A round over all chunks begins.</summary>
    public void RoundBegins()
    {
        lock (_lock)
        {
            _deadBefore.Clear();
            _deadBefore.UnionWith(_diedAt.Keys);
        }
    }

    /// <summary>
    /// That round is over. If no chunk lacked a replica, the loss of those who were dead before it is made up for: who dies from now on is
    /// not one of many.
    /// </summary>
    public void RoundEnded(bool isEverythingThere)
    {
        lock (_lock)
        {
            foreach (var server in isEverythingThere ? _deadBefore : [])
            {
                _diedAt.Remove(server);
            }

            _deadBefore.Clear();
        }
    }

    /// <summary>Looks at who is dead now: begins, holds or ends.</summary>
    public void Look(ServerHealth health)
    {
        lock (_lock)
        {
            foreach (var server in _diedAt.Keys.Where(server => !IsDead(health, server)).ToList())
            {
                _diedAt.Remove(server);
            }

            bool was = _until != 0;
            long since = ticks.Now - ticks.Of(window);
            var lately = _diedAt.Where(pair => pair.Value > since).Select(pair => pair.Key).ToList();
            if (!IsMass(health, lately))
            {
                _until = 0;
            }
            else if (!was)
            {
                _until = ticks.Now + ticks.Of(window);
            }

            if (_until > ticks.Now)
            {
                alarms.Raise(
                    Subject,
                    $"{lately.Count} chunk servers died within {window.TotalMinutes:0.#} minutes: only chunks with one good copy are "
                        + "repaired and nothing is removed, until they are back, time is over, or 'dfs admin repair --resume' says so");
            }
            else if (was)
            {
                alarms.Clear(Subject);
            }
        }
    }

    /// <summary>The operator knows better: these servers do not come back soon.</summary>
    public void Release()
    {
        lock (_lock)
        {
            _diedAt.Clear();
            _until = 0;
            alarms.Clear(Subject);
        }
    }

    private static bool IsDead(ServerHealth health, ServerId server) =>
        health.Servers.TryGetValue(server, out var condition) && condition.State == ServerState.Dead;

    private static bool IsMass(ServerHealth health, List<ServerId> dead) =>
        dead.Count >= ServersMin
        && (dead.Count * 100 >= health.Servers.Count * SharePerCent
            || dead.Select(server => health.ConditionOf(server).Domain).Distinct(StringComparer.Ordinal).Count() > 1);
}
