using DfsNet.Integrity;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.Client.Data;

/// <summary>
/// What the session still owes the metadata server about one of its chunks: how far it is acknowledged, that it is sealed, and that nothing
/// more will be committed from it. Updates ride on commits; what no commit takes along is sent by the pool.
/// </summary>
internal sealed class OwnedChunk(ChunkId id)
{
    // Guards all fields below.
    private readonly Lock _gate = new();
    private int _length;
    private uint _digest;
    private int _uncommitted;
    private int _commitsUnderWay;
    private bool _reportUnderWay;
    private bool _closed;
    private bool _sealTold;
    private bool _releaseTold;

    public ChunkId Id => id;

    /// <summary>Nothing is appended any more, so that the acknowledged length is final.</summary>
    public bool IsClosed
    {
        get
        {
            lock (_gate) // guards the fields
            {
                return _closed;
            }
        }
    }

    /// <summary>The metadata server knows of the seal: the chunk does not count as open any more.</summary>
    public bool IsSealTold
    {
        get
        {
            lock (_gate) // guards the fields
            {
                return _sealTold;
            }
        }
    }

    /// <summary>The session has no business with the chunk any more.</summary>
    public bool IsReleaseTold
    {
        get
        {
            lock (_gate) // guards the fields
            {
                return _releaseTold;
            }
        }
    }

    /// <summary>Every replica has [0, length) durably.</summary>
    public void Acknowledge(int length, uint digest)
    {
        lock (_gate) // guards the fields
        {
            Invariant.Require(length >= _length && !_closed, "acknowledgements grow until the chunk is closed");
            _length = length;
            _digest = digest;
        }
    }

    public void Close()
    {
        lock (_gate) // guards the fields
        {
            _closed = true;
        }
    }

    /// <summary>Bytes were handed in that may be committed later.</summary>
    public void AddUncommitted()
    {
        lock (_gate) // guards the fields
        {
            _uncommitted++;
        }
    }

    /// <summary>Bytes handed in were given up, or failed.</summary>
    public void DropUncommitted(int count)
    {
        lock (_gate) // guards the fields
        {
            _uncommitted -= count;
            Invariant.Require(_uncommitted >= 0, "appends are settled once");
        }
    }

    /// <summary>
    /// The update for a command that commits <paramref name="settling"/> of the uncommitted appends; <see cref="Settled"/> or
    /// <see cref="NotSettled"/> follows.
    /// </summary>
    public ChunkUpdate Describe(int settling)
    {
        lock (_gate) // guards the fields
        {
            _commitsUnderWay++;
            return new ChunkUpdate
            {
                ChunkId = id.Value,
                Length = (uint)_length,
                Digest = _digest,
                Seal = _closed,

                // A report on its way must not find the chunk released: it would be refused with all it says.
                Release = _closed && _uncommitted == settling && !_reportUnderWay,
            };
        }
    }

    /// <summary>The command took effect.</summary>
    public void Settled(ChunkUpdate update, int settled)
    {
        lock (_gate) // guards the fields
        {
            EndCommit(settled);
            _sealTold |= update.Seal;
            _releaseTold |= update.Release;
        }
    }

    /// <summary>The command did not take effect, or nobody knows: its bytes are given up.</summary>
    public void NotSettled(int settling)
    {
        lock (_gate) // guards the fields
        {
            EndCommit(settling);
        }
    }

    /// <summary>The report of <see cref="TakeDue"/> took effect.</summary>
    public void Reported(ChunkUpdate update)
    {
        lock (_gate) // guards the fields
        {
            _reportUnderWay = false;
            _sealTold = true;
            _releaseTold |= update.Release;
        }
    }

    /// <summary>The report of <see cref="TakeDue"/> failed: it is due again.</summary>
    public void NotReported()
    {
        lock (_gate) // guards the fields
        {
            _reportUnderWay = false;
        }
    }

    /// <summary>The session's last word, after which it commits nothing.</summary>
    public ChunkUpdate LastWord()
    {
        lock (_gate) // guards the fields
        {
            return new ChunkUpdate { ChunkId = id.Value, Length = (uint)_length, Digest = _digest, Seal = true, Release = true };
        }
    }

    /// <summary>Whether something is to be told that no commit has taken along or is about to.</summary>
    public bool IsDue
    {
        get
        {
            lock (_gate) // guards the fields
            {
                return IsDueNow;
            }
        }
    }

    // Read with the gate held.
    private bool IsDueNow =>
        _closed && _commitsUnderWay == 0 && !_reportUnderWay && (!_sealTold || (_uncommitted == 0 && !_releaseTold));

    /// <summary>The update that is due; <see cref="Reported"/> or <see cref="NotReported"/> follows. Null when none is.</summary>
    public ChunkUpdate? TakeDue()
    {
        lock (_gate) // guards the fields
        {
            if (!IsDueNow)
            {
                return null;
            }

            _reportUnderWay = true;
            bool release = _uncommitted == 0;
            return new ChunkUpdate { ChunkId = id.Value, Length = (uint)_length, Digest = _digest, Seal = true, Release = release };
        }
    }

    // Called with the gate held.
    private void EndCommit(int settled)
    {
        _commitsUnderWay--;
        _uncommitted -= settled;
        Invariant.Require(_uncommitted >= 0 && _commitsUnderWay >= 0, "appends and commits are settled once");
    }
}

/// <summary>Bytes of one append: where they lie, and their CRC32C when they are at most one block (0 otherwise).</summary>
internal readonly record struct Extent(OwnedChunk Chunk, int Offset, int Length, uint Crc);
