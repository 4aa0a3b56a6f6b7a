namespace DfsNet.Devices;

/// <summary>File content that costs memory only where something was written; everything else is zero.</summary>
internal sealed class SparseBytes
{
    private const int PageBytes = 4096;

    private readonly Dictionary<long, byte[]> _pages = [];

    public void Write(long offset, ReadOnlySpan<byte> data)
    {
        while (data.Length > 0)
        {
            int start = (int)(offset % PageBytes);
            int count = Math.Min(PageBytes - start, data.Length);
            if (!_pages.TryGetValue(offset / PageBytes, out byte[]? page))
            {
                page = new byte[PageBytes];
                _pages.Add(offset / PageBytes, page);
            }

            data[..count].CopyTo(page.AsSpan(start));
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
            if (_pages.TryGetValue(offset / PageBytes, out byte[]? page))
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

    /// <summary>Forgets what lies at or behind <paramref name="length"/>.</summary>
    public void Cut(long length)
    {
        foreach (long page in _pages.Keys.Where(page => page * PageBytes >= length).ToArray())
        {
            _pages.Remove(page);
        }

        if (_pages.TryGetValue(length / PageBytes, out byte[]? last))
        {
            last.AsSpan((int)(length % PageBytes)).Clear();
        }
    }

    public void CopyFrom(SparseBytes other)
    {
        _pages.Clear();
        foreach (var (number, page) in other._pages)
        {
            _pages.Add(number, [.. page]);
        }
    }
}
