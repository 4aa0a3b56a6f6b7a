using DfsNet.Integrity;
using DfsNet.Protocol;
using DfsNet.Protocol.Bulk;
using DfsNet.Protocol.Wire;

namespace DfsNet.ChunkServer.Tests.Node;

/// <summary>A writer of one chunk as the client is one: keeps the running digest, knows every frame end.</summary>
internal sealed class TestWriter(IBulkTransport bulk, AppendOpen open) : IAsyncDisposable
{
    private readonly IAppendCall _call = bulk.OpenAppend(open.Chain[0].Address, CancellationToken.None);
    private readonly List<byte> _content = [];
    private bool _opened;
    private DfsException? _over;

    public AppendOpen Open => open;

    public byte[] Content => [.. _content];

    public uint Digest => Crc32C.Compute(Content);

    public async Task OpenAsync()
    {
        if (!_opened)
        {
            _opened = true;
            await _call.SendAsync(new AppendMessage(new AppendHeader { Open = open }, null), CancellationToken.None);
        }
    }

    /// <summary>
    /// Sends one frame; <paramref name="spoil"/> changes its header on the way out. As a writer does, it leaves it to the acknowledgements
    /// to say why a stream takes no more.
    /// </summary>
    public async Task SendAsync(byte[] data, Action<AppendFrame>? spoil = null)
    {
        try
        {
            await OpenAsync();
            await SendFrameAsync(data, spoil);
        }
        catch (DfsException error) when (error.Code == ErrorCode.Unavailable)
        {
            _over = error;
        }
    }

    private async Task SendFrameAsync(byte[] data, Action<AppendFrame>? spoil)
    {
        var frame = new AppendFrame { Offset = (uint)_content.Count, PieceCrcs = { Pieces(_content.Count, data) } };
        spoil?.Invoke(frame);
        _content.AddRange(data);
        using var payload = BulkBuffer.CopyOf(data);
        await _call.SendAsync(new AppendMessage(new AppendHeader { Frame = frame }, payload), CancellationToken.None);
    }

    public async Task<AppendAck?> ReceiveAsync() =>
        await _call.ReceiveAsync(CancellationToken.None).AsTask().WaitAsync(TimeSpan.FromSeconds(30));

    /// <summary>Receives until everything sent is acknowledged, or the chain says why it is over.</summary>
    public async Task<AppendAck> ReceiveLastAsync()
    {
        while (true)
        {
            var ack = await ReceiveAsync() ?? throw new InvalidOperationException("the stream ended without a reason", _over);
            if (ack.Error is not null || ack.Length == _content.Count)
            {
                return ack;
            }
        }
    }

    public async Task<ErrorDetail> ReceiveErrorAsync()
    {
        while (true)
        {
            var ack = await ReceiveAsync() ?? throw new InvalidOperationException("the stream ended without a reason", _over);
            if (ack.Error is { } error)
            {
                return error;
            }
        }
    }

    public async Task CompleteAsync() => await _call.CompleteAsync();

    public ValueTask DisposeAsync() => _call.DisposeAsync();

    private static IEnumerable<uint> Pieces(int offset, byte[] data)
    {
        for (int at = 0; at < data.Length;)
        {
            int length = Math.Min(data.Length - at, Limits.BlockSize - ((offset + at) % Limits.BlockSize));
            yield return Crc32C.Compute(data.AsSpan(at, length));
            at += length;
        }
    }
}
