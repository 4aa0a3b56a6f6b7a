namespace DfsNet.Client.Tests.Cluster;

/// <summary>Content for tests: no two blocks are alike.</summary>
internal static class Bytes
{
    public static byte[] Of(int length, int seed = 0)
    {
        byte[] bytes = new byte[length];
        new Random(seed + length).NextBytes(bytes);
        return bytes;
    }

    public static async Task<byte[]> ReadAsync(DfsClient client, string path)
    {
        using var target = new MemoryStream();
        await client.GetAsync(path, target);
        return target.ToArray();
    }
}
