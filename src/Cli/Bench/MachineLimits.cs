using System.Net;
using System.Net.Sockets;
using DfsNet.Storage.Disk;

namespace DfsNet.Cli.Bench;

/// <summary>What the machine itself can do, measured in the same run as the figures it is held against.</summary>
internal sealed class MachineLimits(string directory, TimeProvider time)
{
    private const int Mebibyte = 1024 * 1024;

    // Long enough to smooth a noisy neighbour, short enough to run before every table.
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(1);

    public async Task<IReadOnlyList<Measurement>> MeasureAsync(CancellationToken cancellation) =>
    [
        await FlushRateAsync(cancellation).ConfigureAwait(false),
        await WriteRateAsync(cancellation).ConfigureAwait(false),
        await LoopbackRateAsync(cancellation).ConfigureAwait(false),
        CopyRate(cancellation),
    ];

    public async Task<Measurement> FlushRateAsync(CancellationToken cancellation)
    {
        var disk = new LocalDisk(directory);
        const string path = "limit-flush";
        var file = await disk.OpenAsync(path, FileOpening.CreateOrOpen).ConfigureAwait(false);
        byte[] page = new byte[4096];
        int flushes = 0;
        long start = time.GetTimestamp();
        while (time.GetElapsedTime(start) < Duration)
        {
            cancellation.ThrowIfCancellationRequested();
            await file.WriteAsync(0, page).ConfigureAwait(false);
            await file.FlushAsync().ConfigureAwait(false);
            flushes++;
        }

        double rate = flushes / time.GetElapsedTime(start).TotalSeconds;
        await file.DisposeAsync().ConfigureAwait(false);
        await disk.DeleteAsync(path).ConfigureAwait(false);
        return new Measurement("machine: fsync of 4 KiB, one after the other", rate, "/s");
    }

    /// <summary>MiB/s of copying files of 64 MiB, each flushed, from one that is in the page cache: what cp and fsync would do.</summary>
    public async Task<double> FileCopyRateAsync(long size, CancellationToken cancellation)
    {
        const int fileSize = 64 * Mebibyte;
        const string source = "limit-copy-source";
        var disk = new LocalDisk(directory);
        byte[] piece = new byte[Mebibyte];
        Array.Fill(piece, (byte)3);
        var from = await disk.OpenAsync(source, FileOpening.CreateOrOpen).ConfigureAwait(false);
        for (int offset = 0; offset < fileSize; offset += piece.Length)
        {
            await from.WriteAsync(offset, piece).ConfigureAwait(false);
        }

        await from.FlushAsync().ConfigureAwait(false);
        int files = (int)Math.Max(1, size / fileSize);
        long start = time.GetTimestamp();
        for (int number = 0; number < files; number++)
        {
            cancellation.ThrowIfCancellationRequested();
            var to = await disk.OpenAsync($"limit-copy-{number}", FileOpening.CreateOrOpen).ConfigureAwait(false);
            for (int offset = 0; offset < fileSize; offset += piece.Length)
            {
                await from.ReadAsync(offset, piece).ConfigureAwait(false);
                await to.WriteAsync(offset, piece).ConfigureAwait(false);
            }

            await to.FlushAsync().ConfigureAwait(false);
            await to.DisposeAsync().ConfigureAwait(false);
        }

        double rate = files * (double)fileSize / Mebibyte / time.GetElapsedTime(start).TotalSeconds;
        await from.DisposeAsync().ConfigureAwait(false);
        await disk.DeleteAsync(source).ConfigureAwait(false);
        for (int number = 0; number < files; number++)
        {
            await disk.DeleteAsync($"limit-copy-{number}").ConfigureAwait(false);
        }

        return rate;
    }

    private async Task<Measurement> WriteRateAsync(CancellationToken cancellation)
    {
        const int size = 256 * Mebibyte;
        var disk = new LocalDisk(directory);
        const string path = "limit-write";
        var file = await disk.OpenAsync(path, FileOpening.CreateOrOpen).ConfigureAwait(false);
        byte[] piece = new byte[Mebibyte];
        Array.Fill(piece, (byte)1);
        double seconds = 0;
        // The first pass touches the page cache; only the second counts.
        for (int pass = 0; pass < 2; pass++)
        {
            long start = time.GetTimestamp();
            for (int offset = 0; offset < size; offset += piece.Length)
            {
                cancellation.ThrowIfCancellationRequested();
                await file.WriteAsync(offset, piece).ConfigureAwait(false);
            }

            await file.FlushAsync().ConfigureAwait(false);
            seconds = time.GetElapsedTime(start).TotalSeconds;
        }

        await file.DisposeAsync().ConfigureAwait(false);
        await disk.DeleteAsync(path).ConfigureAwait(false);
        return new Measurement("machine: sequential write and one fsync", size / (double)Mebibyte / seconds, "MiB/s");
    }

    private async Task<Measurement> LoopbackRateAsync(CancellationToken cancellation)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var sender = new TcpClient { NoDelay = true };
        var accept = listener.AcceptTcpClientAsync(cancellation);
        await sender.ConnectAsync((IPEndPoint)listener.LocalEndpoint, cancellation).ConfigureAwait(false);
        using var receiver = await accept.ConfigureAwait(false);
        var sink = DrainAsync(receiver.GetStream(), cancellation);
        byte[] piece = new byte[256 * 1024];
        long start = time.GetTimestamp();
        while (time.GetElapsedTime(start) < Duration)
        {
            await sender.GetStream().WriteAsync(piece, cancellation).ConfigureAwait(false);
        }

        sender.Close();
        long bytes = await sink.ConfigureAwait(false);
        return new Measurement(
            "machine: loopback TCP, one stream", bytes / (double)Mebibyte / time.GetElapsedTime(start).TotalSeconds, "MiB/s");
    }

    private static async Task<long> DrainAsync(NetworkStream stream, CancellationToken cancellation)
    {
        byte[] buffer = new byte[256 * 1024];
        long total = 0;
        for (int read; (read = await stream.ReadAsync(buffer, cancellation).ConfigureAwait(false)) > 0;)
        {
            total += read;
        }

        return total;
    }

    private Measurement CopyRate(CancellationToken cancellation)
    {
        byte[] from = new byte[32 * Mebibyte];
        byte[] to = new byte[from.Length];
        from.CopyTo(to, 0);
        long copied = 0;
        long start = time.GetTimestamp();
        while (time.GetElapsedTime(start) < Duration)
        {
            cancellation.ThrowIfCancellationRequested();
            from.CopyTo(to, 0);
            copied += from.Length;
        }

        return new Measurement(
            "machine: memory copy, one core", copied / (double)Mebibyte / time.GetElapsedTime(start).TotalSeconds, "MiB/s");
    }
}
