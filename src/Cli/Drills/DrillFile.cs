using DfsNet.Client;
using DfsNet.Protocol.Wire;

namespace DfsNet.Cli.Drills;

/// <summary>A file of a drill: its path, which content it has, and how far it was acknowledged.</summary>
internal sealed class DrillFile(string path, int number)
{
    private long _acknowledged;

    public string Path => path;

    public int Number => number;

    public long Acknowledged
    {
        get => Volatile.Read(ref _acknowledged);
        set => Volatile.Write(ref _acknowledged, value);
    }

    /// <summary>How far it was read back, whatever came of it.</summary>
    public long Verified { get; private set; }

    /// <summary>Stores all of it, to the next whole record; the end of the session that did it seals its chunks.</summary>
    public async Task StoreAsync(DfsClient files, long size, CancellationToken cancellation)
    {
        long length = 0;
        var stream = await files.OpenWriteAsync(path, cancellation: cancellation).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            while (length < size)
            {
                await stream.WriteAsync(DrillContent.Record(number, length / DrillContent.RecordBytes), cancellation).ConfigureAwait(false);
                length += DrillContent.RecordBytes;
            }
        }

        Acknowledged = length;
    }

    /// <summary>Reads everything that was acknowledged.</summary>
    /// <returns>Bytes that differ, and bytes that are not there or that nobody can read.</returns>
    public async Task<(long Wrong, long Lost)> VerifyAsync(DfsClient files, CancellationToken cancellation)
    {
        long wrong = 0;
        long expected = Acknowledged;
        Verified = expected;
        long at = 0;
        byte[] buffer = new byte[16 * DrillContent.RecordBytes];
        try
        {
            var stream = await files.OpenReadAsync(path, cancellation).ConfigureAwait(false);
            await using (stream.ConfigureAwait(false))
            {
                while (at < expected)
                {
                    int wanted = (int)Math.Min(buffer.Length, expected - at);
                    int read = await stream.ReadAtLeastAsync(buffer.AsMemory(0, wanted), wanted, false, cancellation).ConfigureAwait(false);
                    wrong += DrillContent.CountWrong(number, at, buffer.AsSpan(0, read));
                    at += read;
                    if (read < wanted)
                    {
                        break;
                    }
                }
            }
        }
        catch (DfsException error) when (error.Code is ErrorCode.NotFound or ErrorCode.DataLoss or ErrorCode.Unavailable)
        {
            return (wrong, expected - at);
        }

        return (wrong, expected - at);
    }
}
