using System.Threading.Channels;

namespace DfsNet.ChunkServer.Cluster;

/// <summary>Wakes one loop, by a tick or at once. Calls that come while it is awake are joined into one.</summary>
internal sealed class Wake
{
    private readonly Channel<bool> _calls = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    public void Now() => _calls.Writer.TryWrite(true);

    public async Task WaitAsync(CancellationToken cancellation) => await _calls.Reader.ReadAsync(cancellation).ConfigureAwait(false);
}
