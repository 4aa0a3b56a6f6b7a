using System.Security.Cryptography;
using DfsNet.Cli.Local;

namespace DfsNet.Cli.Demo;

/// <summary>The file that a demo stores, and its SHA-256.</summary>
/// <param name="Path">Where it lies on this machine.</param>
internal sealed record DemoContent(string Path, long Length, string Sha256)
{
    private const int PieceBytes = 1024 * 1024;

    public static async Task<DemoContent> OfFileAsync(string path, CancellationToken cancellation)
    {
        var entry = LocalFiles.Inspect(path, followLinks: true);
        if (entry.Kind != LocalKind.File)
        {
            throw new CommandFailure(
                $"{path}: {(entry.Kind == LocalKind.Missing ? "no such file" : "is no plain file")}; --file takes one");
        }

        if (entry.Length == 0)
        {
            throw new CommandFailure($"{path}: is empty; --file takes a file with some bytes to lose");
        }

        var file = LocalFiles.OpenRead(path);
        await using (file.ConfigureAwait(false))
        {
            return new DemoContent(
                path, entry.Length, Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellation).ConfigureAwait(false)));
        }
    }

    /// <summary>Random bytes, which nothing on the way can compress or guess.</summary>
    public static async Task<DemoContent> GenerateAsync(
        string path, long length, Random random, IProgress<long> progress, CancellationToken cancellation)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var piece = new byte[PieceBytes];
        var file = LocalFiles.CreateNew(path, 0b110_000_000);
        await using (file.ConfigureAwait(false))
        {
            for (long done = 0; done < length;)
            {
                var part = piece.AsMemory(0, (int)Math.Min(PieceBytes, length - done));
                random.NextBytes(part.Span);
                hash.AppendData(part.Span);
                await file.WriteAsync(part, cancellation).ConfigureAwait(false);
                done += part.Length;
                progress.Report(done);
            }
        }

        return new DemoContent(path, length, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }
}
