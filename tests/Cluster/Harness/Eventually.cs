using System.Diagnostics;

namespace DfsNet.Cluster.Harness;

/// <summary>Waits for a fact by looking again and again, up to a deadline; never by sleeping for a guessed time.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(25);

    // Far longer than anything here takes on a busy machine: only a defect reaches it.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(45);

    public static Task HoldsAsync(string fact, Func<bool> test) => HoldsAsync(fact, () => Task.FromResult(test()));

    /// <summary>Returns when <paramref name="test"/> is true. A typed error of the file system counts as "not yet".</summary>
    public static async Task HoldsAsync(string fact, Func<Task<bool>> test)
    {
        long began = Stopwatch.GetTimestamp();
        string last = "";
        while (true)
        {
            try
            {
                if (await test())
                {
                    return;
                }
            }
            catch (DfsException error)
            {
                last = $" ({error.Code}: {error.Message})";
            }

            Assert.True(Stopwatch.GetElapsedTime(began) < Limit, $"not seen within {Limit.TotalSeconds} s: {fact}{last}");
            await Task.Delay(Pause);
        }
    }
}
