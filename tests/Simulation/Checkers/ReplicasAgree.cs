using DfsNet.Integrity;
using DfsNet.MetaServer.State;
using DfsNet.Protocol;
using DfsNet.Protocol.Bulk;
using DfsNet.Protocol.Wire;
using DfsNet.Simulation.Nodes;
using DfsNet.Simulation.Time;

namespace DfsNet.Simulation.Checkers;

/// <summary>
/// Every replica in the record, read as readers read it, has exactly the bytes of the seal; only on the server whose disks went bad it may
/// be missing or refused, never wrong.
/// </summary>
internal sealed class ReplicasAgree : IFinalChecker
{
    public string Name => "replicas agree";

    public async Task<IReadOnlyList<string>> CheckAsync(World world)
    {
        var life = new Life(world.Scheduler, "auditor");
        var clock = new NodeClock(world.Scheduler, life);
        var transport = new GrpcBulkTransport(world.Network.ConnectionsOf("auditor", life, clock));
        var store = world.Meta.Store;
        var wrong = new List<string>();
        foreach (var (chunk, record) in StateReader.Chunks(store, default).ToList())
        {
            foreach (var (server, row) in StateReader.Replicas(store, chunk).Where(row => !row.Record.Leaving))
            {
                string address = StateReader.Server(store, server)!.Address;
                string? problem = await ProblemAsync(transport, address, chunk, record).ConfigureAwait(false);
                bool mayBeRefused = address == world.Victim.Address && problem?.StartsWith(Refused, StringComparison.Ordinal) == true;
                if (problem is not null && !mayBeRefused)
                {
                    wrong.Add($"chunk {chunk} (generation {row.Generation}) on {address}: {problem}");
                }
            }
        }

        return wrong;
    }

    private const string Refused = "refused";

    private static async Task<string?> ProblemAsync(IBulkTransport transport, string address, ChunkId chunk, ChunkRecord record)
    {
        uint crc = Crc32C.Empty;
        uint length = 0;
        uint end = record.CommittedLength;
        var request = new ReadRequest { ChunkId = chunk.Value, Offset = 0, Length = end, KnownLength = end };
        try
        {
            await foreach (var frame in transport.ReadAsync(address, request, CancellationToken.None).ConfigureAwait(false))
            {
                using (frame)
                {
                    crc = Crc32C.Append(crc, frame.Payload.Span);
                    length += (uint)frame.Payload.Length;
                }
            }
        }
        catch (DfsException error)
        {
            return $"{Refused} with {error.Code}: {error.Message}";
        }

        return (length, crc) == (record.CommittedLength, record.CommittedDigest)
            ? null
            : $"has ({length}, {crc:x8}), sealed is ({record.CommittedLength}, {record.CommittedDigest:x8})";
    }
}
