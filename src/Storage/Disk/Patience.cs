namespace DfsNet.Storage.Disk;

/// <summary>Waiting for work that a hung disk may hold up for ever.</summary>
public static class Patience
{
    /// <summary>
    /// How long a stop waits for its disk: time for a checkpoint of a busy one, less than service managers wait before they kill. Nothing
    /// acknowledged depends on what is given up.
    /// </summary>
    public static readonly TimeSpan AtStop = TimeSpan.FromSeconds(10);

    /// <summary>False when the work is still under way after the limit; it goes on, and nobody hears of its end.</summary>
    public static async Task<bool> WaitAsync(Task work, TimeSpan limit, TimeProvider time)
    {
        try
        {
            await work.WaitAsync(limit, time).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException) when (!work.IsCompleted)
        {
            return false;
        }
    }
}
