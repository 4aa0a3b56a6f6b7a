using DfsNet.Client.Metadata;
using DfsNet.Devices.Network;
using DfsNet.Protocol.Errors;
using DfsNet.Protocol.Wire;
using Grpc.Core;

namespace DfsNet.Client.Tests.Metadata;

/// <summary>A change whose first attempt may have passed the door, and whose next one was turned away there.</summary>
public sealed class TurnedAwayTests
{
    private const string Address = "meta:7700";

    // On a busy machine the time of the call may be over in the middle of an attempt: its outcome is open then, whatever was said before.
    private const ErrorCode OutOfTime = ErrorCode.TimedOut;

    [Theory]
    [InlineData(ErrorCode.OutOfSpace)]
    [InlineData(ErrorCode.Overloaded)]
    [InlineData(ErrorCode.NotLeader)]
    public async Task After_an_attempt_without_an_answer_nobody_says_that_the_change_did_not_happen(ErrorCode door)
    {
        var told = await SubmitAsync(ErrorCode.Unavailable, door);
        Assert.True(told is ErrorCode.OutcomeUnknown or OutOfTime, $"{told}");
    }

    [Theory]
    [InlineData(ErrorCode.OutOfSpace)]
    [InlineData(ErrorCode.Overloaded)]
    [InlineData(ErrorCode.NotLeader)]
    public async Task A_change_that_was_turned_away_at_once_says_why(ErrorCode door)
    {
        var told = await SubmitAsync(door);
        Assert.True(told == door || told == OutOfTime, $"{told}");
    }

    private static async Task<ErrorCode> SubmitAsync(params ErrorCode[] answers)
    {
        var network = new DirectNetwork(TimeProvider.System);
        network.Listen(Address, binder => Protocol.Wire.Metadata.BindService(binder, new Doorkeeper(answers)));
        var options = new DfsClientOptions { MetadataAddresses = [Address], CallTimeout = TimeSpan.FromMilliseconds(300) };
        var connection = new MetadataConnection(options, network, TimeProvider.System, new Jitter(new Random(1)));
        var opened = new OpenSessionReply { SessionId = 1, ClusterId = 1, ChunkSize = 65_536, OpenChunksMax = 1, KeepAliveMs = 1_000 };
        using var session = new Session(connection, opened);

        var error = await Assert.ThrowsAsync<DfsException>(
            () => session.SubmitAsync("test", new ClientCommand(), connection.NewDeadline(), CancellationToken.None));

        return error.Code;
    }

    /// <summary>Gives one error after the other, the last again and again.</summary>
    private sealed class Doorkeeper(ErrorCode[] answers) : Protocol.Wire.Metadata.MetadataBase
    {
        private int _asked;

        public override Task<SubmitReply> Submit(SubmitRequest request, ServerCallContext context)
        {
            var code = answers[Math.Min(Interlocked.Increment(ref _asked), answers.Length) - 1];
            throw ErrorStatus.ToRpcException(new DfsException(code, "submit", "turned away"));
        }
    }
}
