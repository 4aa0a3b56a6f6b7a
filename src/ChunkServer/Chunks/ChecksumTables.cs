using DfsNet.Protocol;

namespace DfsNet.ChunkServer.Chunks;

/// <summary>Block checksums of sealed chunks read lately, least recently used first out.</summary>
internal sealed class ChecksumTables(int tablesMax)
{
    // Guards the fields below.
    private readonly Lock _gate = new();
    private readonly Dictionary<Replica, LinkedListNode<(Replica Replica, uint[] Table)>> _tables = [];
    private readonly LinkedList<(Replica Replica, uint[] Table)> _used = [];

    public uint[]? Find(Replica replica)
    {
        lock (_gate)
        {
            if (!_tables.TryGetValue(replica, out var node))
            {
                return null;
            }

            _used.Remove(node);
            _used.AddLast(node);
            return node.Value.Table;
        }
    }

    public void Add(Replica replica, uint[] table)
    {
        lock (_gate)
        {
            if (_tables.ContainsKey(replica))
            {
                return;
            }

            _tables.Add(replica, _used.AddLast((replica, table)));
            if (_tables.Count > tablesMax)
            {
                _tables.Remove(_used.First!.Value.Replica);
                _used.RemoveFirst();
            }
        }
    }

    public void Forget(Replica replica)
    {
        lock (_gate)
        {
            if (_tables.Remove(replica, out var node))
            {
                _used.Remove(node);
            }
        }
    }
}
