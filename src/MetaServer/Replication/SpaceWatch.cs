using DfsNet.Protocol.Wire;
using DfsNet.Storage.Disk;

namespace DfsNet.MetaServer.Replication;

/// <summary>Looks at the free space of the metadata disk, and remembers when the log itself ran out of it.</summary>
internal sealed class SpaceWatch(IDisk disk, long reserveBytes, TimeProvider time)
{
    // On a small file system the configured reserve would leave nothing to use.
    private const int ReserveShareOfCapacity = 10;

    // A log and a store that write 20 MiB/s stay well inside the reserve for a second.
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private volatile bool _short;
    private volatile bool _logFull;

    /// <summary>Only commands that free space, or are small and end by themselves, are taken.</summary>
    public bool IsShort => _short;

    /// <summary>The log could not grow: nothing is taken until it can again.</summary>
    public bool IsLogFull
    {
        get => _logFull;
        set => _logFull = value;
    }

    public void Admit(Command command)
    {
        if (_logFull || (_short && Growth.Of(command)))
        {
            throw OutOfSpace();
        }
    }

    public static DfsException OutOfSpace() =>
        new(ErrorCode.OutOfSpace, "submit", "the metadata server's disk is full, and only deletions are taken");

    public async Task RunAsync(CancellationToken cancellation)
    {
        while (true)
        {
            await LookAsync().ConfigureAwait(false);
            await Task.Delay(Interval, time, cancellation).ConfigureAwait(false);
        }
    }

    public async Task LookAsync()
    {
        var space = await disk.GetSpaceAsync().ConfigureAwait(false);
        _short = space.AvailableBytes < Math.Min(reserveBytes, space.CapacityBytes / ReserveShareOfCapacity);
    }
}
