using DfsNet.Protocol.Wire;

namespace DfsNet.ChunkServer.Services;

/// <summary>
/// Bounds how many calls of one kind run at once: one more is refused, so that the caller goes elsewhere instead of waiting here.
/// </summary>
internal sealed class CallSlots(string what, int max)
{
    private int _taken;

    public int Taken => Volatile.Read(ref _taken);

    public Slot Take()
    {
        if (Interlocked.Increment(ref _taken) <= max)
        {
            return new Slot(this);
        }

        Interlocked.Decrement(ref _taken);
        throw new DfsException(ErrorCode.Overloaded, what, $"{max} calls of this kind are running already");
    }

    /// <summary>One running call.</summary>
    public readonly struct Slot(CallSlots slots) : IDisposable
    {
        public void Dispose() => Interlocked.Decrement(ref slots._taken);
    }
}
