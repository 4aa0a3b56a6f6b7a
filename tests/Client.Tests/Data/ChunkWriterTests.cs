using DfsNet.Client.Data;
using DfsNet.Devices.Time;
using DfsNet.Protocol.Bulk;
using DfsNet.Protocol.Wire;
using Microsoft.Extensions.Logging.Abstractions;

namespace DfsNet.Client.Tests.Data;

/// <summary>Which failure of a chain its writer tells of.</summary>
public sealed class ChunkWriterTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly ManualTimeProvider _time = new();
    private readonly OverCall _call = new();
    private readonly DfsClientOptions _options = new() { MetadataAddresses = ["meta:1"] };

    [Fact]
    public async Task What_the_servers_say_counts_and_not_that_the_stream_took_no_more()
    {
        await using var writer = NewWriter();
        writer.Start();
        await _call.Sending.Task.WaitAsync(Patience);
        var said = new ErrorDetail { Code = ErrorCode.ChainFailed, Step = "append: write", ServerId = 3, Side = FailedSide.Disk };
        _call.Said.SetResult(new AppendAck { Error = said });
        await writer.Ended.WaitAsync(Patience);

        Assert.Equal((ErrorCode.ChainFailed, 3ul, FailedSide.Disk), (writer.Failure!.Code, writer.Failure.ServerId, writer.Failure.Side));
    }

    [Fact]
    public async Task Servers_that_say_nothing_more_are_not_waited_for_longer_than_for_an_acknowledgement()
    {
        await using var writer = NewWriter();
        writer.Start();
        await _call.Sending.Task.WaitAsync(Patience);
        while (!writer.Ended.IsCompleted)
        {
            _time.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Delay(1);
        }

        Assert.Equal((ErrorCode.TimedOut, 0ul), (writer.Failure!.Code, writer.Failure.ServerId));
    }

    [Fact]
    public async Task A_head_that_answers_nothing_at_all_is_named_before_the_time_of_the_chain_is_over()
    {
        _call.IsOpen = true;
        await using var writer = NewWriter(headAnswers: false);
        writer.Start();
        using var bytes = BulkBuffer.CopyOf(new byte[10]);
        Assert.Equal(AppendRefusal.None, writer.TryAppend(bytes, out _));
        _time.Advance(_options.ChainSilence * 0.5);
        Assert.Null(writer.Failure);
        _time.Advance(_options.ChainSilence * 0.1);
        await writer.Ended.WaitAsync(Patience);

        Assert.Equal((ErrorCode.TimedOut, 1ul), (writer.Failure!.Code, writer.Failure.ServerId));
    }

    private ChunkWriter NewWriter(bool headAnswers = true)
    {
        var open = new AppendOpen { ChunkId = 1, Chain = { new ChainMember { ServerId = 1, Address = "one:1", VolumeId = 1 } } };
        return new ChunkWriter(
            new ChunkPlace(open), 1 << 20, new OneCall(_call), (_, _) => Task.FromResult(headAnswers), new VolumeTimes(_time),
            _options, _time, NullLogger.Instance);
    }

    /// <summary>Gives the one call there is.</summary>
    private sealed class OneCall(IAppendCall call) : IBulkTransport
    {
        public IAppendCall OpenAppend(string address, CancellationToken cancellation) => call;

        public IAsyncEnumerable<ReadFrame> ReadAsync(string address, ReadRequest request, CancellationToken cancellation) =>
            throw new NotSupportedException("nothing is read here");
    }

    /// <summary>A stream that takes nothing, because it is over, unless it is said to be open; the reason is to be received.</summary>
    private sealed class OverCall : IAppendCall
    {
        public bool IsOpen { get; set; }

        public TaskCompletionSource Sending { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource<AppendAck?> Said { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public ValueTask SendAsync(AppendMessage message, CancellationToken cancellation)
        {
            Sending.TrySetResult();
            if (IsOpen)
            {
                return ValueTask.CompletedTask;
            }

            throw new DfsException(ErrorCode.Unavailable, "append", "the stream is already over");
        }

        public ValueTask CompleteAsync() => ValueTask.CompletedTask;

        public async ValueTask<AppendAck?> ReceiveAsync(CancellationToken cancellation) => await Said.Task.WaitAsync(cancellation);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
