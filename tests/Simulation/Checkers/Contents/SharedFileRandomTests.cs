using CsCheck;
using DfsNet.Simulation.Checkers.Recording;

namespace DfsNet.Simulation.Checkers.Contents;

/// <summary>Random writers and readers of a file that works as it should: nobody is to be blamed; and of one that does not.</summary>
public sealed class SharedFileRandomTests
{
    private const int Handles = 3;

    [Fact]
    public void A_file_whose_commits_are_whole_is_not_blamed() => Gen.Int[0, 1_000_000].Sample(
        seed => Run(seed, commitsWhole: true, forgets: false).Violations.Count == 0, iter: 400, threads: 1);

    [Fact]
    public void A_file_whose_commits_come_in_pieces_is_not_blamed() => Gen.Int[0, 1_000_000].Sample(
        seed => Run(seed, commitsWhole: false, forgets: false).Violations.Count == 0, iter: 400, threads: 1);

    [Fact]
    public void A_file_that_forgets_an_acknowledged_write_is_blamed()
    {
        int blamed = Enumerable.Range(0, 100).Count(seed => Run(seed, commitsWhole: true, forgets: true).Violations.Count != 0);

        // What was forgotten may have been written over before anybody looked.
        Assert.True(blamed >= 80, $"{blamed} of 100");
    }

    private static Chronicle Run(int seed, bool commitsWhole, bool forgets)
    {
        var random = new Random(seed);
        var chronicle = new Chronicle(() => 0);
        var file = new SharedFile(chronicle, "/x", commitsWhole);
        byte[] content = [];
        var pending = new Queue<(int Pattern, long Offset, int Length)>[Handles];
        var reader = file.BeginOpen();
        for (int handle = 0; handle < Handles; handle++)
        {
            pending[handle] = new Queue<(int, long, int)>();
        }

        for (int step = 0; step < 150; step++)
        {
            int handle = random.Next(Handles);
            switch (random.Next(4))
            {
                case 0 when !commitsWhole || pending[handle].Count == 0:
                    var (offset, length) = (random.Next(0, 300), random.Next(1, 120));
                    pending[handle].Enqueue((file.BeginWrite(handle, offset, length), offset, length));
                    break;
                case 1:
                    bool isForgotten = forgets && step is > 60 and < 80;
                    CommitSome(pending[handle], random, commitsWhole, isForgotten ? new byte[500] : null, ref content);
                    break;
                case 2 when pending[handle].Count == 0:
                    file.Acknowledge(handle);
                    break;
                default:
                    reader = random.Next(3) == 0 ? file.BeginOpen() : reader;
                    long at = random.Next(0, 400);
                    int wanted = random.Next(1, 200);
                    reader.EndRead(at, content.AsSpan((int)Math.Min(at, content.Length)..(int)Math.Min(at + wanted, content.Length)));
                    break;
            }
        }

        return chronicle;
    }

    // Forgotten bytes go elsewhere.
    private static void CommitSome(
        Queue<(int Pattern, long Offset, int Length)> pending, Random random, bool whole, byte[]? elsewhere, ref byte[] content)
    {
        if (!pending.TryDequeue(out var write))
        {
            return;
        }

        int length = whole ? write.Length : random.Next(1, write.Length + 1);
        if (elsewhere is null)
        {
            Array.Resize(ref content, (int)Math.Max(content.Length, write.Offset + length));
        }

        Pattern.Fill(write.Pattern, write.Offset, (elsewhere ?? content).AsSpan((int)write.Offset, length));
        if (length < write.Length)
        {
            // The rest of a write comes before what its handle wrote later.
            var later = pending.ToArray();
            pending.Clear();
            pending.Enqueue((write.Pattern, write.Offset + length, write.Length - length));
            Array.ForEach(later, pending.Enqueue);
        }
    }
}
