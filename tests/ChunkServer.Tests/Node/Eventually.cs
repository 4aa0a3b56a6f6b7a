namespace DfsNet.ChunkServer.Tests.Node;

/// <summary>Waits for what is bound to become true; how long it takes is not judged.</summary>
internal static class Eventually
{
    // Far beyond what a loaded machine needs; only a hang gets here.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static async Task TrueAsync(Func<bool> condition)
    {
        using var late = new CancellationTokenSource(Patience);
        while (!condition())
        {
            await Task.Delay(5, late.Token);
        }
    }
}
