using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer;

/// <summary>A metadata server at one moment, for those who watch it. What only the leader knows is empty on others.</summary>
public sealed record MetaFigures
{
    public bool IsLeader { get; init; }

    public ulong Term { get; init; }

    public ulong AppliedIndex { get; init; }

    public ulong Files { get; init; }

    public ulong Directories { get; init; }

    public ulong LogicalBytes { get; init; }

    public ulong Sessions { get; init; }

    public ulong Chunks { get; init; }

    /// <summary>A round over all chunks is over since this node began to lead: only then it knows the next four.</summary>
    public bool IsCounted { get; init; }

    public ulong UnderReplicated { get; init; }

    public ulong Endangered { get; init; }

    public ulong Unavailable { get; init; }

    public ulong MissingBytes { get; init; }

    public int RepairQueued { get; init; }

    public int RepairRunning { get; init; }

    public long RepairCopies { get; init; }

    public long RepairBytes { get; init; }

    public long BalanceMoves { get; init; }

    public int Alarms { get; init; }

    public IReadOnlyList<ServerStatus> Servers { get; init; } = [];
}
