using DfsNet.MetaServer.State;
using DfsNet.MetaServer.Store;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Commands;

/// <summary>Registers a client. A repeated call (the same nonce) opens one session.</summary>
internal static class OpenSessionRules
{
    // For people to read; longer ones would only weigh on the state.
    private const int ClientNameLengthMax = 256;

    // Each costs soft state in the leader and a keep-alive every 3 s: beyond this the node would do nothing else.
    private const int SessionsMax = 100_000;

    public static CommandResult Apply(CommandContext context, OpenSession command)
    {
        if (command.Nonce == 0 || command.ClientName.Length > ClientNameLengthMax)
        {
            throw Refusal.Because(
                ErrorCode.InvalidArgument, $"a session needs a nonce and a name of at most {ClientNameLengthMax} characters");
        }

        if (context.State.Get(Keys.SessionNonce(command.Nonce)) is { } known)
        {
            return new CommandResult { SessionId = known.Id };
        }

        if (context.Counters.Sessions >= SessionsMax)
        {
            throw Refusal.Because(ErrorCode.Overloaded, $"{SessionsMax} sessions are open");
        }

        var session = new SessionId(context.Counters.NextSession++);
        context.Counters.Sessions++;
        context.State.Put(Keys.Session(session), new SessionRecord { Nonce = command.Nonce, ClientName = command.ClientName });
        context.State.Put(Keys.SessionNonce(command.Nonce), new NonceRecord { Id = session.Value });
        context.Announce(new SessionOpened(session));
        return new CommandResult { SessionId = session.Value };
    }
}
