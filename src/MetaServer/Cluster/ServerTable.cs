using DfsNet.MetaServer.Placement;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Cluster;

/// <summary>
/// The chunk servers of the record and how they are: heard when, with which volumes, under which load. Soft but for the record.
/// </summary>
internal sealed class ServerTable(
    TickCounter ticks, SlowVolumes slow, TimeSpan suspectAfter, TimeSpan deadAfter, TimeSpan repairGrace)
{
    // Long enough for what was young in one report to be old in the next.
    private static readonly TimeSpan ReportAgainAfter = TimeSpan.FromSeconds(60);

    // Guards all fields: heartbeats write, services and the tick read.
    private readonly Lock _lock = new();
    private readonly SortedDictionary<ServerId, KnownServer> _servers = new(
        Comparer<ServerId>.Create((a, b) => a.Value.CompareTo(b.Value)));

    /// <summary>A server of the record, new or changed. One never heard has a full timeout before it counts as silent.</summary>
    public void Put(ServerId server, ServerRecord record)
    {
        lock (_lock)
        {
            if (_servers.TryGetValue(server, out var known))
            {
                known.Record = record;
            }
            else
            {
                _servers.Add(server, new KnownServer(record) { HeardAt = ticks.Now });
            }
        }
    }

    /// <summary>The process <paramref name="bootId"/> speaks for the server from now on. False: another process does, and lives.</summary>
    public bool TryClaim(ServerId server, ulong bootId, string version, IReadOnlyList<VolumeStatus> volumes, out bool restarted)
    {
        lock (_lock)
        {
            var known = _servers[server];
            restarted = false;
            if (IsAliveAsAnother(known, bootId))
            {
                return false;
            }

            if (known.BootId != bootId)
            {
                // After a restart of this node it is not known whether the server restarted too: its report will tell.
                restarted = known.BootId != 0;
                known.BootId = bootId;
                known.Sequence = 0;
                known.ReportWanted = true;
                known.Report = ReportProgress.None;
            }

            known.Version = version;
            known.Hear(ticks.Now, volumes, load: 0);
            known.State = ServerState.Healthy;
            return true;
        }
    }

    /// <summary>Another process than <paramref name="bootId"/> speaks for the server, and was heard lately.</summary>
    public bool IsAliveAsAnother(ServerId server, ulong bootId)
    {
        lock (_lock)
        {
            return _servers.TryGetValue(server, out var known) && IsAliveAsAnother(known, bootId);
        }
    }

    /// <summary>Notes a heartbeat. Null: the sender must register (again).</summary>
    public HeartbeatNote? Hear(HeartbeatRequest request)
    {
        lock (_lock)
        {
            if (!_servers.TryGetValue(new ServerId(request.ServerId), out var known) || known.BootId != request.BootId)
            {
                return null;
            }

            bool isNewer = request.Sequence > known.Sequence;
            bool volumeFailed = false;
            if (isNewer)
            {
                volumeFailed = known.HasNewlyFailed(request.Volumes);
                known.Sequence = request.Sequence;
                known.Hear(
                    ticks.Now, request.Volumes, checked((int)Math.Min(request.ActiveAppends + (ulong)request.ActiveReads, int.MaxValue)));
                known.State = ServerState.Healthy;
            }

            return new HeartbeatNote(isNewer, known.ReportWanted || known.ReportAgainAt <= ticks.Now, volumeFailed);
        }
    }

    /// <summary>Counts silence; returns the servers that have just died.</summary>
    public IReadOnlyList<ServerId> FindDead()
    {
        lock (_lock)
        {
            var died = new List<ServerId>();
            foreach (var (server, known) in _servers)
            {
                var state = StateOf(known);
                if (state == ServerState.Dead && known.State != ServerState.Dead)
                {
                    died.Add(server);
                }

                known.State = state;
            }

            return died;
        }
    }

    /// <summary>Servers that have just been dead for the whole grace.</summary>
    public IReadOnlyList<ServerId> FindGone()
    {
        lock (_lock)
        {
            var gone = new List<ServerId>();
            foreach (var (server, known) in _servers)
            {
                bool isGone = ConditionOf(known).IsGone;
                if (isGone && !known.IsGone)
                {
                    gone.Add(server);
                }

                known.IsGone = isGone;
            }

            return gone;
        }
    }

    public void WantReport(ServerId server)
    {
        lock (_lock)
        {
            if (_servers.TryGetValue(server, out var known))
            {
                known.ReportWanted = true;
            }
        }
    }

    /// <summary>Held while a report or changes of a server's process are drawn on; null when this process does not speak for it.</summary>
    public Lock? ReportLockOf(ServerId server, ulong bootId)
    {
        lock (_lock)
        {
            return _servers.TryGetValue(server, out var known) && known.BootId == bootId ? known.ReportLock : null;
        }
    }

    /// <summary>How far the running report of a server's process has come; null when this process does not speak for the server.</summary>
    public ReportProgress? ReportOf(ServerId server, ulong bootId)
    {
        lock (_lock)
        {
            return _servers.TryGetValue(server, out var known) && known.BootId == bootId ? known.Report : null;
        }
    }

    public void SetReport(ServerId server, ulong bootId, ReportProgress progress)
    {
        lock (_lock)
        {
            if (!_servers.TryGetValue(server, out var known) || known.BootId != bootId)
            {
                return;
            }

            if (progress.IsComplete && !(known.Report.IsComplete && known.Report.Sequence == progress.Sequence))
            {
                known.ReportWanted = false;
                known.ReportAgainAt = long.MaxValue;
            }

            known.Report = progress;
            if (progress.IsComplete && progress.LeftOpen && known.ReportAgainAt == long.MaxValue)
            {
                known.ReportAgainAt = ticks.Now + ticks.Of(ReportAgainAfter);
            }
        }
    }

    public ServerState StateOf(ServerId server)
    {
        lock (_lock)
        {
            return _servers.TryGetValue(server, out var known) ? StateOf(known) : ServerState.Unspecified;
        }
    }

    /// <summary>Null for a server that is not in the record.</summary>
    public ServerAddress? AddressOf(ServerId server)
    {
        lock (_lock)
        {
            return _servers.TryGetValue(server, out var known)
                ? new ServerAddress
                {
                    ServerId = server.Value,
                    Address = known.Record.Address,
                    Domain = known.Record.Domain,
                    State = StateOf(known),
                }
                : null;
        }
    }

    /// <summary>The server in the record at an address, other than <paramref name="except"/>.</summary>
    public (ServerId Server, ServerRecord Record)? FindByAddress(string address, ServerId except)
    {
        lock (_lock)
        {
            foreach (var (server, known) in _servers)
            {
                if (server != except && known.Record.Address == address)
                {
                    return (server, known.Record);
                }
            }

            return null;
        }
    }

    public (ServerId Server, ServerRecord Record)? FindByNonce(ulong nonce)
    {
        lock (_lock)
        {
            foreach (var (server, known) in _servers)
            {
                if (known.Record.Nonce == nonce)
                {
                    return (server, known.Record);
                }
            }

            return null;
        }
    }

    public ServerRecord? RecordOf(ServerId server)
    {
        lock (_lock)
        {
            return _servers.TryGetValue(server, out var known) ? known.Record : null;
        }
    }

    /// <summary>
    /// Healthy servers that are not being emptied, with the volumes that take chunks; not those whose volumes are all slow.
    /// </summary>
    public IReadOnlyList<Candidate> Candidates()
    {
        lock (_lock)
        {
            return [.. _servers.Where(pair => TakesChunks(pair.Value) && !IsSlow(pair.Key, pair.Value))
                .Select(pair => pair.Value.ToCandidate(pair.Key, volume => !slow.Contains(PlaceOf(pair.Key, volume))))];
        }
    }

    /// <summary>The same servers as far as they have volumes that are left out and answer nevertheless, with these alone.</summary>
    public IReadOnlyList<Candidate> SlowCandidates()
    {
        lock (_lock)
        {
            return [.. _servers.Where(pair => TakesChunks(pair.Value))
                .Select(pair => pair.Value.ToCandidate(pair.Key, volume => slow.IsMerelySlow(PlaceOf(pair.Key, volume))))
                .Where(candidate => candidate.Volumes.Count > 0)];
        }
    }

    private bool TakesChunks(KnownServer known) =>
        StateOf(known) == ServerState.Healthy && known.BootId != 0 && !known.Record.Draining;

    /// <summary>
    /// Servers of the record have not spoken since this node began, but not for long enough to be silent: after a start they are about to.
    /// </summary>
    public bool AreAwaited()
    {
        lock (_lock)
        {
            return _servers.Values.Any(known => known.BootId == 0 && StateOf(known) == ServerState.Healthy);
        }
    }

    /// <summary>A chunk was placed: until the next heartbeat tells, it counts as load and as space.</summary>
    public void NotePlaced(ServerId server, VolumeId volume)
    {
        lock (_lock)
        {
            if (_servers.TryGetValue(server, out var known))
            {
                known.Placed[volume] = known.Placed.GetValueOrDefault(volume) + 1;
            }
        }
    }

    /// <summary>How every server and volume is, as of now.</summary>
    public ServerHealth Health()
    {
        lock (_lock)
        {
            return new ServerHealth(
                _servers.ToDictionary(pair => pair.Key, pair => ConditionOf(pair.Value) with { IsSlow = IsSlow(pair.Key, pair.Value) }),
                _servers.SelectMany(pair => pair.Value.Volumes.Select(volume => (Place: PlaceOf(pair.Key, volume), volume.State)))
                    .DistinctBy(volume => volume.Place)
                    .ToDictionary(volume => volume.Place, volume => new VolumeCondition(volume.State, slow.Contains(volume.Place))));
        }
    }

    /// <summary>The server was taken out of the record.</summary>
    public void Remove(ServerId server)
    {
        lock (_lock)
        {
            _servers.Remove(server);
        }
    }

    /// <summary>Everything but the number of replicas, which the store counts.</summary>
    public IReadOnlyList<ServerStatus> Status()
    {
        lock (_lock)
        {
            return [.. _servers.Select(pair => ToStatus(pair.Key, pair.Value))];
        }
    }

    private ServerStatus ToStatus(ServerId server, KnownServer known)
    {
        var status = new ServerStatus
        {
            ServerId = server.Value,
            Address = known.Record.Address,
            Domain = known.Record.Domain,
            State = StateOf(known),
            SilentMs = (uint)Math.Min(ticks.SpanOf(ticks.Now - known.HeardAt).TotalMilliseconds, uint.MaxValue),
            Version = known.Version,
            Draining = known.Record.Draining,
            Slow = IsSlow(server, known),
        };
        foreach (var volume in known.Volumes)
        {
            var told = volume.Clone();
            told.Slow = slow.Contains(PlaceOf(server, volume));
            status.Volumes.Add(told);
        }

        return status;
    }

    private bool IsSlow(ServerId server, KnownServer known) =>
        known.Volumes.Count > 0 && known.Volumes.All(volume => slow.Contains(PlaceOf(server, volume)));

    private static ReplicaPlace PlaceOf(ServerId server, VolumeStatus volume) => new(server, new VolumeId(volume.VolumeId));

    private ServerCondition ConditionOf(KnownServer known)
    {
        var state = StateOf(known);
        return new ServerCondition(
            state,
            state == ServerState.Dead && ticks.Now - known.HeardAt >= ticks.Of(deadAfter + repairGrace),
            known.Record.Draining,
            state == ServerState.Healthy && known.Report.IsComplete,
            Candidate.DomainOf(known.Record.Domain, known.Record.Address));
    }

    private bool IsAliveAsAnother(KnownServer known, ulong bootId) =>
        known.BootId != 0 && known.BootId != bootId && StateOf(known) == ServerState.Healthy;

    private ServerState StateOf(KnownServer known)
    {
        long silent = ticks.Now - known.HeardAt;
        return silent >= ticks.Of(deadAfter) ? ServerState.Dead
            : silent >= ticks.Of(suspectAfter) ? ServerState.Suspect
            : ServerState.Healthy;
    }

    /// <summary>One server.</summary>
    private sealed class KnownServer(ServerRecord record)
    {
        public ServerRecord Record { get; set; } = record;

        public ulong BootId { get; set; }

        public long HeardAt { get; set; }

        public ulong Sequence { get; set; }

        public ServerState State { get; set; } = ServerState.Healthy;

        public string Version { get; set; } = "";

        public bool IsGone { get; set; }

        public bool ReportWanted { get; set; }

        public long ReportAgainAt { get; set; } = long.MaxValue;

        public ReportProgress Report { get; set; } = ReportProgress.None;

        public Lock ReportLock { get; } = new();

        public IReadOnlyList<VolumeStatus> Volumes { get; private set; } = [];

        public int Load { get; private set; }

        public Dictionary<VolumeId, int> Placed { get; } = [];

        public void Hear(long now, IReadOnlyList<VolumeStatus> volumes, int load)
        {
            HeardAt = now;
            Volumes = [.. volumes];
            Load = load;
            Placed.Clear();
        }

        public bool HasNewlyFailed(IReadOnlyList<VolumeStatus> volumes) => volumes.Any(volume =>
            IsFailed(volume) && !Volumes.Any(before => before.VolumeId == volume.VolumeId && IsFailed(before)));

        private static bool IsFailed(VolumeStatus volume) => volume.State is VolumeState.Failed or VolumeState.Missing;

        public Candidate ToCandidate(ServerId server, Func<VolumeStatus, bool> isMeant) => new(
            server,
            Record.Address,
            Record.Domain,
            Load + Placed.Values.Sum(),
            [.. Volumes.Where(volume => volume.State == VolumeState.Healthy && isMeant(volume))
                .Select(volume => new CandidateVolume(
                    new VolumeId(volume.VolumeId), volume.CapacityBytes, volume.AvailableBytes,
                    Placed.GetValueOrDefault(new VolumeId(volume.VolumeId)), volume.StoredBytes))]);
    }
}

/// <summary>
/// What a heartbeat was to the table: newer than the last, answered with the wish for a full report, telling of a failed volume.
/// </summary>
internal readonly record struct HeartbeatNote(bool IsNewer, bool ReportWanted, bool VolumeFailed);
