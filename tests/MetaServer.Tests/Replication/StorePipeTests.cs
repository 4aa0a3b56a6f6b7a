using DfsNet.Consensus;
using DfsNet.Devices;
using DfsNet.MetaServer.Replication;

namespace DfsNet.MetaServer.Tests.Replication;

public sealed class StorePipeTests
{
    [Fact]
    public async Task A_refusal_names_what_was_stored_before_it_and_may_have_been_acknowledged()
    {
        var disk = new SimulatedDisk(new Random(1), TimeProvider.System);
        var options = new RaftLogOptions("log", 7, MustExist: false, SegmentBytes: 64 * 1024);
        await using var log = await RaftLog.OpenAsync(disk, options, TimeProvider.System, default, CancellationToken.None);
        var space = new SpaceWatch(disk, 0, TimeProvider.System);
        var sent = new List<Message>();
        var stored = new List<ulong>();
        var refused = new TaskCompletionSource<ulong>();
        var pipe = new StorePipe(
            log, new BallotFile(disk), space, TimeProvider.System, sent.Add, stored.Add, refused.SetResult);
        var running = pipe.RunAsync();
        var word = new AppendReply(new MemberId(1), new MemberId(2), 1, true, 1, default, 1, false);
        pipe.Put(new Output { Ticket = 1, Entries = [EntryAt(1, 100)], Messages = [word] });
        while (stored.Count == 0)
        {
            await Task.Delay(10);
        }

        disk.CapacityBytes = 1;
        pipe.Put(new Output { Ticket = 2, Entries = [EntryAt(2, 200_000)], Messages = [word] });
        Assert.Equal(1u, await refused.Task.WaitAsync(TimeSpan.FromSeconds(20)));
        Assert.Equal([1], stored);
        Assert.Single(sent);

        disk.CapacityBytes = null;
        pipe.BeginAnew();
        pipe.Put(new Output { Ticket = 3, Entries = [EntryAt(2, 100)] });
        pipe.Close();
        await running;
        Assert.Equal([1, 3], stored);
    }

    private static Entry EntryAt(ulong index, int length) => new(new LogPoint(1, index), EntryKind.Command, new byte[length]);
}
