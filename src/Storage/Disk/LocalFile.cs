using System.Runtime.InteropServices;

namespace DfsNet.Storage.Disk;

/// <summary>A file of <see cref="LocalDisk"/>.</summary>
internal sealed class LocalFile(DiskHealth health, string path, Descriptor descriptor) : IDiskFile
{
    // A write of this size into the page cache takes some 20 µs, less than two hops between threads.
    private const int InlineWriteMax = 128 * 1024;

    private const int SeekEnd = 2;

    // One flush at a time: the kernel tells a write-back error to one of several flushes of a descriptor; the others would succeed.
    private readonly SemaphoreSlim _flushing = new(1, 1);

    public ValueTask<long> GetLengthAsync()
    {
        long length = Libc.Seek(descriptor, 0, SeekEnd);
        return length >= 0 ? new(length) : throw Errno.ToException("lseek", path, Marshal.GetLastPInvokeError());
    }

    public ValueTask<int> ReadAsync(long offset, Memory<byte> buffer) => new(Task.Run(() => Read(offset, buffer.Span)));

    public ValueTask WriteAsync(long offset, ReadOnlyMemory<byte> data)
    {
        if (data.Length > InlineWriteMax)
        {
            return new(Task.Run(() => Write(offset, data.Span)));
        }

        try
        {
            Write(offset, data.Span);
            return ValueTask.CompletedTask;
        }
        catch (DiskException error)
        {
            return ValueTask.FromException(error);
        }
    }

    public async ValueTask FlushAsync()
    {
        await _flushing.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        try
        {
            await Task.Run(() => Flush(health, path, descriptor)).ConfigureAwait(false);
        }
        finally
        {
            _flushing.Release();
        }
    }

    public ValueTask AllocateAsync(long length) => new(Task.Run(() =>
    {
        health.RequireWritable("fallocate", path);
        while (Libc.Allocate(descriptor, Libc.KeepSize, 0, length) != 0)
        {
            int errno = Marshal.GetLastPInvokeError();
            if (errno is Errno.NotSupported or Errno.NotImplemented)
            {
                // A reservation only: where the file system has none, ENOSPC shows at the write instead.
                return;
            }

            if (errno != Errno.Interrupted)
            {
                throw health.Note(Errno.ToException("fallocate", path, errno));
            }
        }
    }));

    public ValueTask SetLengthAsync(long length) => new(Task.Run(() =>
    {
        health.RequireWritable("ftruncate", path);
        while (Libc.SetLength(descriptor, length) != 0)
        {
            int errno = Marshal.GetLastPInvokeError();
            if (errno != Errno.Interrupted)
            {
                throw health.Note(Errno.ToException("ftruncate", path, errno));
            }
        }
    }));

    public ValueTask DisposeAsync()
    {
        descriptor.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>fdatasync. EINTR counts as a failure too: what it had reached is unknown, and Linux does not return it here.</summary>
    internal static void Flush(DiskHealth health, string path, Descriptor descriptor)
    {
        health.RequireWritable("fdatasync", path);
        if (Libc.FlushData(descriptor) != 0)
        {
            throw health.Note(Errno.ToFlushException("fdatasync", path, Marshal.GetLastPInvokeError()));
        }
    }

    private unsafe int Read(long offset, Span<byte> buffer)
    {
        int done = 0;
        fixed (byte* start = buffer)
        {
            while (done < buffer.Length)
            {
                nint read = Libc.Read(descriptor, start + done, buffer.Length - done, offset + done);
                if (read == 0)
                {
                    break;
                }

                if (read > 0)
                {
                    done += (int)read;
                }
                else if (Marshal.GetLastPInvokeError() is var errno && errno != Errno.Interrupted)
                {
                    throw Errno.ToException("pread", path, errno);
                }
            }
        }

        return done;
    }

    private unsafe void Write(long offset, ReadOnlySpan<byte> data)
    {
        health.RequireWritable("pwrite", path);
        int done = 0;
        fixed (byte* start = data)
        {
            while (done < data.Length)
            {
                nint written = Libc.Write(descriptor, start + done, data.Length - done, offset + done);
                if (written > 0)
                {
                    done += (int)written;
                }
                else if (written == 0)
                {
                    // POSIX leaves it open; without this it would be an endless loop.
                    throw health.Note(Errno.ToException("pwrite", path, Errno.InputOutput));
                }
                else if (Marshal.GetLastPInvokeError() is var errno && errno != Errno.Interrupted)
                {
                    throw health.Note(Errno.ToException("pwrite", path, errno));
                }
            }
        }
    }
}
