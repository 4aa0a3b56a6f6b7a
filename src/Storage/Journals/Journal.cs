using DfsNet.Storage.Disk;

namespace DfsNet.Storage.Journals;

/// <summary>A durable log of records with group commit.</summary>
public sealed class Journal : IAsyncDisposable
{
    private Journal(JournalRecovery recovery) => Recovery = recovery;

    public JournalRecovery Recovery { get; }

    public long EndPosition => Recovery.EndPosition;

    public static Task<Journal> OpenAsync(
        IDisk disk,
        string directory,
        JournalOptions options,
        TimeProvider time,
        Func<JournalRecord, ValueTask> replay,
        CancellationToken cancellation) => Task.FromResult(new Journal(new JournalRecovery(0, 0, 0, 0, 0, [])));

    public ValueTask<long> AppendAsync(ReadOnlyMemory<byte> head, ReadOnlyMemory<byte> body = default) => new(0);

    public Task<long> RotateAsync() => Task.FromResult(0L);

    public Task TrimAsync(long position) => Task.CompletedTask;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
