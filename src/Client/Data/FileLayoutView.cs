using DfsNet.Client.Metadata;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.Client.Data;

/// <summary>One handle's view of a file's layout: one page in memory, fetched again when it is too old. Views only move forward.</summary>
internal sealed class FileLayoutView(MetadataConnection connection, SessionHolder sessions, ulong inode, LayoutPage first)
{
    private LayoutPage _page = first;

    public LayoutPage Newest => _page;

    public static async Task<LayoutPage> FetchAsync(
        MetadataConnection connection, PathRef target, long offset, ulong session, CallDeadline deadline, CancellationToken cancellation)
    {
        long asked = connection.Time.GetTimestamp();
        var request = new GetLayoutRequest { Target = target, Offset = (ulong)offset, ClientId = session };
        var reply = await connection.CallAsync(
            "get layout", (client, call) => client.GetLayoutAsync(request, call), deadline, cancellation).ConfigureAwait(false);
        return new LayoutPage(reply, offset, asked);
    }

    /// <summary>A page that covers <paramref name="offset"/> and is not too old.</summary>
    public async ValueTask<LayoutPage> PageAsync(long offset, CallDeadline deadline, CancellationToken cancellation)
    {
        if (!_page.Covers(offset) || connection.Time.GetElapsedTime(_page.FetchedAt) >= sessions.LayoutTrust)
        {
            await RefreshAsync(offset, deadline, cancellation).ConfigureAwait(false);
        }

        return _page;
    }

    /// <summary>Fetches the newest layout around <paramref name="offset"/>.</summary>
    public async Task RefreshAsync(long offset, CallDeadline deadline, CancellationToken cancellation)
    {
        var backoff = new Backoff(connection.Jitter);
        while (true)
        {
            var page = await FetchAsync(
                connection, new PathRef { Inode = inode }, offset, sessions.CurrentId, deadline, cancellation).ConfigureAwait(false);
            if (page.Version >= _page.Version)
            {
                _page = page;
                return;
            }

            // A node that lags behind answered: what was seen stays seen.
            if (deadline.IsOver)
            {
                throw new DfsException(
                    ErrorCode.Unavailable,
                    "get layout",
                    $"the metadata server answered with an older version of inode {new InodeId(inode)}");
            }

            await deadline.PauseAsync(backoff.Next(), cancellation).ConfigureAwait(false);
        }
    }
}
