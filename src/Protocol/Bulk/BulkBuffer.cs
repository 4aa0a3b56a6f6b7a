using System.Collections.Concurrent;

namespace DfsNet.Protocol.Bulk;

/// <summary>
/// A counted reference to pooled memory for one bulk payload. Its owner disposes it once; <see cref="Retain"/> adds an owner.
/// The pool is shared by the whole process: buffers carry no meaning, and first touches of fresh memory are what makes bulk transfer slow.
/// </summary>
public sealed class BulkBuffer : IDisposable
{
    private const int SmallSize = Limits.BlockSize;
    private const int LargeSize = Limits.FramePayloadMax;

    // Enough for every frame of two full append windows and their forwards; what is over goes to the collector.
    private const int LargeKept = 96;
    private const int SmallKept = 512;

    private static readonly ConcurrentQueue<byte[]> Large = new();
    private static readonly ConcurrentQueue<byte[]> Small = new();

    private byte[]? _array;
    private int _owners = 1;

    private BulkBuffer(byte[] array, int length)
    {
        _array = array;
        Length = length;
    }

    public int Length { get; private set; }

    public Memory<byte> Memory => Array.AsMemory(0, Length);

    public Span<byte> Span => Array.AsSpan(0, Length);

    private byte[] Array => _array ?? throw new ObjectDisposedException(nameof(BulkBuffer));

    /// <summary>A buffer of <paramref name="length"/> bytes (at most 1 MiB) with undefined content.</summary>
    public static BulkBuffer Rent(int length)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, LargeSize);
        bool small = length <= SmallSize;
        if (!(small ? Small : Large).TryDequeue(out byte[]? array))
        {
            array = GC.AllocateUninitializedArray<byte>(small ? SmallSize : LargeSize);
        }

        return new BulkBuffer(array, length);
    }

    public static BulkBuffer CopyOf(ReadOnlySpan<byte> data)
    {
        var buffer = Rent(data.Length);
        data.CopyTo(buffer.Span);
        return buffer;
    }

    /// <summary>Keeps only the first <paramref name="length"/> bytes.</summary>
    public void Trim(int length)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Length);
        Length = length;
    }

    public BulkBuffer Retain()
    {
        Interlocked.Increment(ref _owners);
        return this;
    }

    public void Dispose()
    {
        if (Interlocked.Decrement(ref _owners) != 0)
        {
            return;
        }

        byte[]? array = Interlocked.Exchange(ref _array, null);
        if (array is null)
        {
            return;
        }

        bool small = array.Length == SmallSize;
        var queue = small ? Small : Large;
        if (queue.Count < (small ? SmallKept : LargeKept))
        {
            queue.Enqueue(array);
        }
    }
}
