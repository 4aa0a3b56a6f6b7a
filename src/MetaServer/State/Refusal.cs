using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.State;

/// <summary>A command or request that the state does not allow.</summary>
internal static class Refusal
{
    // Kept results hold the message: a path of 4,096 bytes in each of 1,024 of them would weigh more than the state itself.
    private const int MessageLengthMax = 600;

    // Tells a refusal from a store that cannot be read: only the first is the same on every node.
    private const string Step = "metadata rules";

    public static bool Is(DfsException error) => error.Step == Step;

    public static DfsException Because(ErrorCode code, string message) =>
        new(code, Step, message.Length <= MessageLengthMax ? message : message[..MessageLengthMax] + "…");

    public static CommandResult ToResult(DfsException refusal) => new() { Error = refusal.Code, Message = refusal.Message };
}
