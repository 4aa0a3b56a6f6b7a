using DfsNet.Client;
using DfsNet.Simulation.Checkers.Linearizability;
using DfsNet.Simulation.Checkers.Recording;

namespace DfsNet.Simulation.Workloads;

/// <summary>Lists of one directory, made page by page while others change it.</summary>
internal sealed class PagedLists(Desk desk, NamePath directory)
{
    private readonly List<PagedListing> _listings = [];

    public async Task ListAsync(User user, int pageSize)
    {
        var options = new DfsListOptions { PageSize = pageSize };
        var outcome = await user.CallAsync($"list {directory} in pages of {pageSize}", async client =>
        {
            var listing = new PagedListing(desk.World.Chronicle, directory);
            await foreach (var entry in client.ListAsync(directory.Text, options).ConfigureAwait(false))
            {
                listing.Add(entry.Name);
            }

            listing.End();
            return listing;
        }).ConfigureAwait(false);
        if (outcome.IsSuccess)
        {
            _listings.Add(outcome.Value!);
        }
    }

    /// <summary>When all is over: with everything that was asked of the names there.</summary>
    public IEnumerable<string> Check(IReadOnlyList<RecordedCall> calls) => _listings.SelectMany(listing => listing.Check(calls));
}
