using DfsNet.Protocol.Wire;
using DfsNet.Simulation.Network;
using DfsNet.Simulation.Nodes;

namespace DfsNet.Simulation.Observation;

/// <summary>What sessions were told and have told: which chunks to seal, which files they hold, that they end.</summary>
internal sealed class OwnerRows(World world)
{
    private readonly HashSet<ulong> _asked = [];
    private readonly HashSet<ulong> _ending = [];
    private readonly Dictionary<ulong, HashSet<ulong>> _held = [];

    public void See(in MessageSeen seen)
    {
        switch (seen.Moment)
        {
            case MessageMoment.ResponseDelivered when seen.Message is KeepAliveReply { SealRequested.Count: > 0 } reply:
                world.Coverage.Count(Rows.OwnerAsked);
                _asked.UnionWith(reply.SealRequested);
                break;
            case MessageMoment.RequestDelivered when seen.Message is EndSessionRequest request:
                _ending.Add(request.SessionId);
                break;
            case MessageMoment.RequestDelivered when seen.Message is KeepAliveRequest request:
                Hold(request);
                break;
        }
    }

    /// <summary>The owner of this chunk was asked to seal it.</summary>
    public bool WasAskedFor(ulong chunk) => _asked.Contains(chunk);

    /// <summary>The client itself ends this session.</summary>
    public bool Ends(ulong session) => _ending.Contains(session);

    /// <summary>Some session has said that it has the file open, and not that it closed it.</summary>
    public bool IsHeld(ulong inode)
    {
        foreach (var held in _held.Values)
        {
            if (held.Contains(inode))
            {
                return true;
            }
        }

        return false;
    }

    private void Hold(KeepAliveRequest request)
    {
        if (!_held.TryGetValue(request.SessionId, out var held))
        {
            if (request.HeldAdded.Count == 0)
            {
                return;
            }

            held = _held[request.SessionId] = [];
        }

        if (request.HeldComplete)
        {
            held.Clear();
        }

        held.UnionWith(request.HeldAdded);
        held.ExceptWith(request.HeldRemoved);
    }
}
