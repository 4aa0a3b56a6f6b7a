using System.Numerics;
using DfsNet.Protocol.Bulk;
using DfsNet.Protocol.Wire;
using DfsNet.Simulation.Time;
using Grpc.Core;

namespace DfsNet.Simulation.Network;

/// <summary>The product's bulk transport over the simulated network, and what only bulk frames suffer.</summary>
public sealed class BulkFaultTests
{
    private const string Address = "bulk:1";
    private const int FrameCount = 200;

    private readonly TwoMachines _machines = new();
    private readonly FrameService _service = new();
    private readonly GrpcBulkTransport _transport;

    public BulkFaultTests()
    {
        _machines.Network.Listen("server", Address, _machines.Server, binder => ChunkData.BindService(binder, _service));
        _transport = new GrpcBulkTransport(_machines.Connections);
    }

    [Fact]
    public async Task Frames_arrive_whole_and_in_order_over_a_good_link()
    {
        await AppendAsync();
        Assert.Equal(Enumerable.Range(0, FrameCount), _service.Received.Select(frame => (int)frame[0]));

        var read = await ReadAsync();
        Assert.Equal(Enumerable.Range(0, FrameCount), read.Select(frame => (int)frame[0]));
        Assert.All(read, frame => Assert.Equal(FrameService.Frame(frame[0]), frame));
        Assert.Equal(0, _machines.Network.RunningCalls);
    }

    [Fact]
    public async Task Some_frames_arrive_twice()
    {
        _machines.There.DuplicateRate = _machines.Back.DuplicateRate = 0.2;

        await AppendAsync();
        Assert.InRange(_service.Received.Count, FrameCount + 10, FrameCount + 80);
        Assert.Equal(Enumerable.Range(0, FrameCount), _service.Received.Select(frame => (int)frame[0]).Distinct());
        Assert.InRange((await ReadAsync()).Count, FrameCount + 10, FrameCount + 80);
    }

    [Fact]
    public async Task Some_frames_change_places()
    {
        _machines.There.ReorderRate = _machines.Back.ReorderRate = 0.2;

        await AppendAsync();
        Assert.NotEqual(Enumerable.Range(0, FrameCount), _service.Received.Select(frame => (int)frame[0]));
        Assert.Equal(Enumerable.Range(0, FrameCount), _service.Received.Select(frame => (int)frame[0]).Order());
        var read = await ReadAsync();
        Assert.NotEqual(Enumerable.Range(0, FrameCount), read.Select(frame => (int)frame[0]));
        Assert.Equal(Enumerable.Range(0, FrameCount), read.Select(frame => (int)frame[0]).Order());
    }

    [Fact]
    public async Task One_bit_of_some_payloads_flips()
    {
        _machines.There.CorruptRate = _machines.Back.CorruptRate = 0.2;

        await AppendAsync();
        Assert.InRange(FlippedBits(_service.Received), 10, 80);
        Assert.InRange(FlippedBits(await ReadAsync()), 10, 80);
    }

    [Fact]
    public async Task A_dead_server_is_a_typed_error_at_both_ends_of_an_append()
    {
        var error = await Assert.ThrowsAsync<DfsException>(() => _machines.RunAsync(async () =>
        {
            await using var call = _transport.OpenAppend(Address, CancellationToken.None);
            await _machines.SleepAsync(1);
            _machines.Server.Die();
            await call.ReceiveAsync(CancellationToken.None);
        }));

        Assert.Equal(ErrorCode.Unavailable, error.Code);
    }

    [Fact]
    public async Task Sending_into_a_stream_that_the_server_ended_in_good_order_is_unavailable()
    {
        _service.EndsAtOnce = true;
        var error = await Assert.ThrowsAsync<DfsException>(() => _machines.RunAsync(async () =>
        {
            await using var call = _transport.OpenAppend(Address, CancellationToken.None);
            Assert.Null(await call.ReceiveAsync(CancellationToken.None));
            await call.SendAsync(new AppendMessage(new AppendHeader(), null), CancellationToken.None);
        }));

        Assert.Equal(ErrorCode.Unavailable, error.Code);
    }

    private Task AppendAsync() => _machines.RunAsync(async () =>
    {
        await using var call = _transport.OpenAppend(Address, CancellationToken.None);
        for (int number = 0; number < FrameCount; number++)
        {
            using var payload = BulkBuffer.CopyOf(FrameService.Frame(number));
            await call.SendAsync(new AppendMessage(new AppendHeader(), payload), CancellationToken.None);
        }

        await call.CompleteAsync();
        Assert.Null(await call.ReceiveAsync(CancellationToken.None));
    });

    private Task<List<byte[]>> ReadAsync() => _machines.RunAsync(async () =>
    {
        var frames = new List<byte[]>();
        await foreach (var frame in _transport.ReadAsync(Address, new ReadRequest(), CancellationToken.None))
        {
            using (frame)
            {
                frames.Add(frame.Payload.Span.ToArray());
            }
        }

        return frames;
    });

    private static int FlippedBits(List<byte[]> frames) => frames
        .SelectMany((frame, number) => frame.Zip(FrameService.Frame(number), (a, b) => BitOperations.PopCount((uint)(a ^ b))))
        .Sum();

    /// <summary>Takes every frame, and sends as many.</summary>
    private sealed class FrameService : ChunkData.ChunkDataBase
    {
        public List<byte[]> Received { get; } = [];

        public bool EndsAtOnce { get; set; }

        /// <summary>Begins with its number.</summary>
        public static byte[] Frame(int number) => [.. Enumerable.Range(number, 100).Select(value => (byte)value)];

        public override async Task Append(
            IAsyncStreamReader<AppendMessage> requests, IServerStreamWriter<AppendAck> answers, ServerCallContext context)
        {
            while (!EndsAtOnce && await requests.MoveNext(CancellationToken.None))
            {
                using var message = requests.Current;
                Received.Add(message.Payload!.Span.ToArray());
            }
        }

        public override async Task Read(ReadRequest request, IServerStreamWriter<ReadFrame> frames, ServerCallContext context)
        {
            for (int number = 0; number < FrameCount; number++)
            {
                using var frame = new ReadFrame(new ReadHeader(), BulkBuffer.CopyOf(Frame(number)));
                await frames.WriteAsync(frame);
            }
        }
    }
}
