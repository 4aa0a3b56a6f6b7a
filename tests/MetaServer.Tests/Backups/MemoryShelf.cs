using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Backups;

/// <summary>A shelf that keeps names and rows, and refuses when it is told to.</summary>
internal sealed class MemoryShelf : IBackupShelf
{
    private readonly List<BackupName> _kept = [];

    public IReadOnlyList<BackupName> Kept => _kept;

    public List<IReadOnlyList<BackupPiece>> Stored { get; } = [];

    public IReadOnlyList<string> MetaAddresses { get; private set; } = [];

    public DfsException? Refusal { get; set; }

    public Task<IBackupShelf> OpenAsync(IReadOnlyList<string> metaAddresses, CancellationToken cancellation)
    {
        MetaAddresses = metaAddresses;
        return Task.FromResult<IBackupShelf>(this);
    }

    public Task<IReadOnlyList<BackupName>> ListAsync(CancellationToken cancellation) =>
        Task.FromResult<IReadOnlyList<BackupName>>([.. _kept]);

    public async Task<BackupName> StoreAsync(
        Func<Func<BackupPiece, CancellationToken, Task>, CancellationToken, Task> fill, CancellationToken cancellation)
    {
        if (Refusal is not null)
        {
            throw Refusal;
        }

        var pieces = new List<BackupPiece>();
        await fill(
            (piece, _) =>
            {
                pieces.Add(piece);
                return Task.CompletedTask;
            },
            cancellation);
        Stored.Add(pieces);
        _kept.Add(BackupName.Of(pieces[0].Header));
        return _kept[^1];
    }

    public Task RemoveBeforeAsync(BackupName oldest, CancellationToken cancellation)
    {
        _kept.RemoveAll(name => name.CompareTo(oldest) < 0);
        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
