namespace DfsNet.Devices;

/// <summary>File content that costs memory only where something was written; everything else is zero.</summary>
internal sealed class SparseBytes
{
    private const int PageBytes = 4096;

    // By number; an array, because files here are dense and small, and looking up a page is most of the work of a small write.
    private byte[]?[] _pages = [];

    public void Write(long offset, ReadOnlySpan<byte> data)
    {
        while (data.Length > 0)
        {
            int start = (int)(offset % PageBytes);
            int count = Math.Min(PageBytes - start, data.Length);
            data[..count].CopyTo(PageAt(offset / PageBytes).AsSpan(start));
            data = data[count..];
            offset += count;
        }
    }

    public void Read(long offset, Span<byte> target)
    {
        while (target.Length > 0)
        {
            int start = (int)(offset % PageBytes);
            int count = Math.Min(PageBytes - start, target.Length);
            if (FindPage(offset / PageBytes) is { } page)
            {
                page.AsSpan(start, count).CopyTo(target);
            }
            else
            {
                target[..count].Clear();
            }

            target = target[count..];
            offset += count;
        }
    }

    /// <summary>Makes [<paramref name="offset"/>, <paramref name="end"/>) what it is in <paramref name="other"/>.</summary>
    public void CopyFrom(SparseBytes other, long offset, long end)
    {
        while (offset < end)
        {
            int start = (int)(offset % PageBytes);
            int count = (int)Math.Min(PageBytes - start, end - offset);
            if (other.FindPage(offset / PageBytes) is { } page)
            {
                page.AsSpan(start, count).CopyTo(PageAt(offset / PageBytes).AsSpan(start));
            }
            else
            {
                FindPage(offset / PageBytes)?.AsSpan(start, count).Clear();
            }

            offset += count;
        }
    }

    /// <summary>Forgets what lies at or behind <paramref name="length"/>.</summary>
    public void Cut(long length)
    {
        long last = length / PageBytes;
        for (long page = last + 1; page < _pages.Length; page++)
        {
            _pages[page] = null;
        }

        FindPage(last)?.AsSpan((int)(length % PageBytes)).Clear();
    }

    private byte[]? FindPage(long number) => number < _pages.Length ? _pages[number] : null;

    private byte[] PageAt(long number)
    {
        if (number >= _pages.Length)
        {
            Array.Resize(ref _pages, (int)Math.Max(number + 1, _pages.Length * 2));
        }

        return _pages[number] ??= new byte[PageBytes];
    }
}
