using DfsNet.Protocol.Wire;

namespace DfsNet.Client.Data;

/// <summary>
/// Which replica is tried next, each once, and what the failures add up to: whether asking again may help, or the bytes are gone as far as
/// these replicas go.
/// </summary>
internal sealed class ReplicaAttempts(ChunkSource chunk, ReplicaRatings ratings)
{
    private readonly IReadOnlyList<ReplicaAddress> _order = ratings.Order(chunk.Replicas);
    private int _next;
    private bool _mayRecover;
    private DfsException? _last;

    public ReplicaAddress? Next() => _next < _order.Count ? _order[_next++] : null;

    public void Failed(DfsException error)
    {
        _last = error;
        _mayRecover |= !IsLoss(error.Code);
    }

    /// <summary>
    /// All replicas failed. The code is DataLoss when each said, or showed, that it has no such bytes; else that of the last failure.
    /// </summary>
    public DfsException Exhausted(string step) => _mayRecover
        ? new DfsException(_last!.Code, step, _last.Message, _last)
        : new DfsException(
            ErrorCode.DataLoss,
            step,
            chunk.Replicas.Count == 0
                ? $"chunk {chunk.ChunkId:x} has no good replica"
                : $"no replica of chunk {chunk.ChunkId:x} has these bytes: {_last?.Message}",
            _last);

    private static bool IsLoss(ErrorCode code) =>
        code is ErrorCode.ChunkNotFound or ErrorCode.ChecksumMismatch or ErrorCode.Corrupt or ErrorCode.DataLoss;
}
