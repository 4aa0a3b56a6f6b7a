using DfsNet.Client;

namespace DfsNet.Cluster.Harness;

/// <summary>Somebody who stores and reads files until told to stop; every failure, and every wrong byte, is kept.</summary>
internal sealed class BackgroundLoad : IAsyncDisposable
{
    private const int Users = 3;

    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _users;

    public BackgroundLoad(DfsClient client, string folder)
    {
        _users = [.. Enumerable.Range(0, Users).Select(user => Task.Run(() => WorkAsync(client, $"{folder}/{user}", user)))];
    }

    public Ledger Ledger { get; } = new();

    /// <summary>Waits until so many files more are stored.</summary>
    public Task AdvanceAsync(int files)
    {
        int goal = Ledger.Count + files;
        return Eventually.HoldsAsync($"{files} files more are stored", () => Ledger.Count >= goal || _users.Exists(user => user.IsFaulted));
    }

    /// <summary>Ends the load; throws what went wrong in it.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_users);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_users).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task WorkAsync(DfsClient client, string folder, int user)
    {
        for (int number = 0; !_stop.IsCancellationRequested; number++)
        {
            int seed = (user * 100_000) + number;
            int length = number % 8 == 0 ? 2_000_000 : 20_000;
            await Ledger.PutAsync(client, $"{folder}/{number}", seed, length);
            using var found = new MemoryStream();
            await client.GetAsync($"{folder}/{number}", found);
            Assert.True(found.ToArray().AsSpan().SequenceEqual(Content.Of(seed, length)), $"{folder}/{number} has other bytes");
        }
    }
}
