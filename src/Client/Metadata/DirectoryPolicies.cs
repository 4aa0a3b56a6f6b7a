using DfsNet.Protocol.Wire;
using Google.Protobuf;

namespace DfsNet.Client.Metadata;

/// <summary>What a directory, or the nearest one above it that exists, says of the files below it.</summary>
internal readonly record struct DirectoryPolicy(ulong Inode, int Replication);

/// <summary>
/// Remembers, for a few seconds, how many replicas new files of a directory get: asking for each file would double the calls of whoever
/// stores many small ones. A file that is stored under an older policy gets what is missing from repair.
/// </summary>
internal sealed class DirectoryPolicies(Func<PathRef, CancellationToken, Task<Attributes>> lookup, TimeProvider time)
{
    private const int KeptMax = 1_000;

    private static readonly TimeSpan Trust = TimeSpan.FromSeconds(5);

    // Guards _known.
    private readonly Lock _gate = new();
    private readonly Dictionary<string, (DirectoryPolicy Policy, long At)> _known = new(StringComparer.Ordinal);

    /// <summary>Of the directory that a path lies in, or of the nearest above that exists.</summary>
    public async Task<DirectoryPolicy> OfParentAsync(DfsPath path, CancellationToken cancellation)
    {
        string parent = path.Text[..path.Text.LastIndexOf('/')];
        if (Find(parent) is { } known)
        {
            return known;
        }

        for (string directory = parent; ; directory = directory[..directory.LastIndexOf('/')])
        {
            try
            {
                var target = new PathRef { Path = ByteString.CopyFromUtf8(directory.TrimStart('/')) };
                var attributes = await lookup(target, cancellation).ConfigureAwait(false);
                return Keep(parent, new DirectoryPolicy(attributes.Inode, (int)attributes.Replication), isItself: directory == parent);
            }
            catch (DfsException error) when (directory.Length > 0 && error.Code is ErrorCode.NotFound or ErrorCode.NotADirectory)
            {
                // It is about to be created, and takes the policy of the one above.
                continue;
            }
        }
    }

    private DirectoryPolicy? Find(string directory)
    {
        lock (_gate) // guards _known
        {
            return _known.TryGetValue(directory, out var known) && time.GetElapsedTime(known.At) < Trust ? known.Policy : null;
        }
    }

    private DirectoryPolicy Keep(string directory, DirectoryPolicy policy, bool isItself)
    {
        lock (_gate) // guards _known
        {
            if (_known.Count >= KeptMax)
            {
                _known.Clear();
            }

            if (isItself)
            {
                _known[directory] = (policy, time.GetTimestamp());
            }
        }

        return policy;
    }
}
