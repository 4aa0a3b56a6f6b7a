using DfsNet.Protocol.Wire;

namespace DfsNet.ChunkServer.Cluster;

/// <summary>The highest term heard of: orders of an older one come from a deposed leader.</summary>
internal sealed class OrderTerms
{
    private ulong _highest;

    /// <summary>Learns of a term; false when it is an older one.</summary>
    public bool Accept(ulong term)
    {
        ulong highest = Volatile.Read(ref _highest);
        while (term > highest)
        {
            ulong seen = Interlocked.CompareExchange(ref _highest, term, highest);
            if (seen == highest)
            {
                return true;
            }

            highest = seen;
        }

        return term == highest;
    }

    public void Require(ulong term, string step)
    {
        if (!Accept(term))
        {
            throw new DfsException(
                ErrorCode.StaleOrder, step, $"the order is of term {term}, the present one is {Volatile.Read(ref _highest)}");
        }
    }
}
