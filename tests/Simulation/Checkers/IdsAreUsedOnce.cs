using DfsNet.Protocol.Wire;
using DfsNet.Simulation.Network;
using DfsNet.Simulation.Nodes;

namespace DfsNet.Simulation.Checkers;

/// <summary>No id is given out twice: each chunk, session, server and staged file has one call that made it.</summary>
internal sealed class IdsAreUsedOnce : IWatcher
{
    private const string Name = "no id is used twice";

    private readonly Dictionary<long, (string Kind, Maker Maker)> _calls = [];
    private readonly Dictionary<(string Kind, ulong Id), Maker> _makers = [];
    private World? _world;

    public void Watch(World world)
    {
        _world = world;
        world.Network.Seen += See;
    }

    private void See(MessageSeen seen)
    {
        switch (seen.Moment)
        {
            case MessageMoment.RequestDelivered when MakerIn(seen.Message) is { } made:
                _calls[seen.Call] = made;
                break;
            case MessageMoment.ResponseSent when _calls.TryGetValue(seen.Call, out var made):
                Note(made.Kind, IdIn(seen.Message), made.Maker);
                break;
            case MessageMoment.CallEnded:
                _calls.Remove(seen.Call);
                break;
        }
    }

    /// <summary>What a call makes, and who makes it: a repeated call is the same one.</summary>
    private static (string Kind, Maker Maker)? MakerIn(object? message) => message switch
    {
        AllocateChunkRequest allocate => ("chunk", MakerOf(allocate.Request)),
        SubmitRequest { Command.StageFile: not null } stage => ("inode", MakerOf(stage.Request)),
        OpenSessionRequest open => ("session", new Maker(open.Nonce, 0)),
        RegisterRequest register => ("server", new Maker(register.Nonce, 0)),
        _ => null,
    };

    private static Maker MakerOf(RequestId request) => new(request.SessionId, request.Sequence);

    private static ulong IdIn(object? message) => message switch
    {
        AllocateChunkReply reply => reply.ChunkId,
        SubmitReply reply => reply.Result?.Inode ?? 0,
        OpenSessionReply reply => reply.SessionId,
        RegisterReply reply => reply.ServerId,
        _ => 0,
    };

    private void Note(string kind, ulong id, Maker maker)
    {
        if (id != 0 && !_makers.TryAdd((kind, id), maker) && _makers[(kind, id)] != maker)
        {
            _world!.Violate(Name, $"{kind} {id} was given to {_makers[(kind, id)]} and to {maker}");
        }
    }

    /// <summary>Who made something: session and sequence of a call, or a nonce.</summary>
    private readonly record struct Maker(ulong First, ulong Second);
}
