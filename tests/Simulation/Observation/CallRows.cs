using DfsNet.MetaServer.Store;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;
using DfsNet.Simulation.Network;
using DfsNet.Simulation.Nodes;
using Grpc.Core;

namespace DfsNet.Simulation.Observation;

/// <summary>Rows of calls that were refused, and of calls that came twice.</summary>
internal sealed class CallRows(World world)
{
    private readonly HashSet<long> _commits = [];
    private readonly HashSet<long> _repeated = [];
    private readonly HashSet<long> _copies = [];
    private readonly HashSet<(ulong Session, ulong Sequence)> _heard = [];

    public void See(in MessageSeen seen)
    {
        switch (seen.Moment)
        {
            case MessageMoment.RequestSent when seen.Message is SubmitRequest request && BringsSlices(request.Command):
                _commits.Add(seen.Call);
                break;
            case MessageMoment.RequestDelivered when RequestIn(seen.Message) is { } request:
                Hear(seen.Call, seen.To, request);
                break;
            case MessageMoment.ResponseDelivered when seen.Message is CopyFromReply:
                world.Coverage.Count(Rows.CopyMade);
                _copies.Remove(seen.Call);
                break;
            case MessageMoment.RequestSent when seen.Message is CopyFromRequest:
                _copies.Add(seen.Call);
                break;
            case MessageMoment.ResponseSent when _repeated.Remove(seen.Call):
                world.Coverage.Count(Rows.KeptResult);
                break;
            case MessageMoment.CallEnded:
                if (_copies.Remove(seen.Call))
                {
                    world.Coverage.Count(Rows.CopyRefused);
                }

                bool isCommit = _commits.Remove(seen.Call);
                if (seen.Status.StatusCode is not (StatusCode.OK or StatusCode.Cancelled or StatusCode.NotFound))
                {
                    Refuse(seen, isCommit);
                }

                break;
        }
    }

    private static bool BringsSlices(ClientCommand command) => command.KindCase switch
    {
        ClientCommand.KindOneofCase.Commit => command.Commit.Slices.Count > 0,
        ClientCommand.KindOneofCase.CreateFile => command.CreateFile.Slices.Count > 0,
        ClientCommand.KindOneofCase.LinkStaged => command.LinkStaged.Slices.Count > 0,
        _ => false,
    };

    private static RequestId? RequestIn(object? message) => message switch
    {
        SubmitRequest submit => submit.Request,
        AllocateChunkRequest allocate => allocate.Request,
        _ => null,
    };

    // What is in the record when the call arrives is what answers it.
    private void Hear(long call, string server, RequestId request)
    {
        if (!_heard.Add((request.SessionId, request.Sequence))
            && world.FindMeta(server) is { } meta && meta.Store.Has(Keys.SessionResult(new SessionId(request.SessionId), request.Sequence)))
        {
            _repeated.Add(call);
        }
    }

    private void Refuse(in MessageSeen seen, bool isCommit)
    {
        string? row = seen.Error switch
        {
            ErrorCode.SessionEnded when isCommit => Rows.LateCommitRefused,
            ErrorCode.Overloaded => Rows.Overloaded,
            ErrorCode.TooFewServers => Rows.TooFewServers,
            ErrorCode.OutOfSpace when world.FindMeta(seen.To) is not null => Rows.GrowthRefused,
            _ => null,
        };
        if (row is not null)
        {
            world.Coverage.Count(row);
        }
    }
}
