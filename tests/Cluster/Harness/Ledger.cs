using DfsNet.Client;

namespace DfsNet.Cluster.Harness;

/// <summary>What the file system acknowledged during a test; at the end all of it must be there, byte for byte.</summary>
internal sealed class Ledger
{
    private readonly Dictionary<string, (int Seed, int Length)> _acknowledged = [];
    private string _newest = "";

    public int Count
    {
        get
        {
            // Guards _acknowledged.
            lock (_acknowledged)
            {
                return _acknowledged.Count;
            }
        }
    }

    /// <summary>The file that was acknowledged last.</summary>
    public string Newest
    {
        get
        {
            // Guards _acknowledged.
            lock (_acknowledged)
            {
                return _newest;
            }
        }
    }

    /// <summary>Stores a small file; it counts only when the call came back.</summary>
    public async Task PutAsync(DfsClient client, string path, int seed, int length)
    {
        await client.PutAsync(path, Content.Of(seed, length), new DfsPutOptions { CreateParents = true });

        // Guards _acknowledged.
        lock (_acknowledged)
        {
            _acknowledged.Add(path, (seed, length));
            _newest = path;
        }
    }

    /// <summary>Reads everything back through the client, several files at a time.</summary>
    public async Task AssertAllThereAsync(DfsClient client) =>
        await Parallel.ForEachAsync(_acknowledged, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (file, cancellation) =>
        {
            using var found = new MemoryStream();
            await client.GetAsync(file.Key, found, cancellation: cancellation);
            Assert.True(
                found.ToArray().AsSpan().SequenceEqual(Content.Of(file.Value.Seed, file.Value.Length)),
                $"{file.Key} was acknowledged with other bytes");
        });
}
