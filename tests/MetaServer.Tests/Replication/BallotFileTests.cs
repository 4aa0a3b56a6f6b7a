using DfsNet.Consensus;
using DfsNet.Devices;
using DfsNet.MetaServer.Replication;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Tests.Replication;

public sealed class BallotFileTests
{
    private static readonly Ballot Given = new(7, new MemberId(2));

    private readonly SimulatedDisk _disk = new(new Random(1), TimeProvider.System);

    [Fact]
    public async Task A_new_directory_has_an_empty_ballot_and_one_in_use_has_its_own()
    {
        Assert.Equal(default, await BallotFile.OpenAsync(_disk, mustExist: false));
        await new BallotFile(_disk).WriteAsync(Given);
        Assert.Equal(Given, await BallotFile.OpenAsync(_disk, mustExist: true));
    }

    [Theory, InlineData("ballot.1"), InlineData("ballot.2")]
    public async Task While_one_file_is_damaged_the_other_one_stands_in_and_mends_it(string damaged)
    {
        await new BallotFile(_disk).WriteAsync(Given);
        _disk.FlipBit(damaged, 13);
        Assert.Equal(Given, await BallotFile.OpenAsync(_disk, mustExist: true));

        _disk.FlipBit(damaged == "ballot.1" ? "ballot.2" : "ballot.1", 13);
        Assert.Equal(Given, await BallotFile.OpenAsync(_disk, mustExist: true));
    }

    [Fact]
    public async Task Without_its_ballot_a_node_must_not_vote()
    {
        var missing = await Assert.ThrowsAsync<DfsException>(() => BallotFile.OpenAsync(_disk, mustExist: true));
        Assert.Equal(ErrorCode.Corrupt, missing.Code);

        await new BallotFile(_disk).WriteAsync(Given);
        _disk.FlipBit("ballot.1", 13);
        _disk.FlipBit("ballot.2", 13);
        var damaged = await Assert.ThrowsAsync<DfsException>(() => BallotFile.OpenAsync(_disk, mustExist: true));
        Assert.Equal(ErrorCode.Corrupt, damaged.Code);
        Assert.Contains("replace", damaged.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_new_directory_whose_second_file_was_never_written_told_nothing_and_begins_anew()
    {
        await new BallotFile(_disk).WriteAsync(Given);
        await _disk.DeleteAsync("ballot.2");
        _disk.FlipBit("ballot.1", 13);
        await Assert.ThrowsAsync<DfsException>(() => BallotFile.OpenAsync(_disk, mustExist: true));
        Assert.Equal(default, await BallotFile.OpenAsync(_disk, mustExist: false));
        Assert.Equal(default, await BallotFile.OpenAsync(_disk, mustExist: true));
    }

    [Fact]
    public async Task A_crash_between_the_two_files_leaves_one_of_the_two_ballots()
    {
        for (int operation = 1; operation <= 12; operation++)
        {
            var disk = new SimulatedDisk(new Random(operation), TimeProvider.System);
            await new BallotFile(disk).WriteAsync(Given);
            var next = new Ballot(8, new MemberId(3));
            disk.CrashAtOperation(operation);
            await Record.ExceptionAsync(() => new BallotFile(disk).WriteAsync(next));
            disk.Crash();
            disk.Restart();
            var found = await BallotFile.OpenAsync(disk, mustExist: true);
            Assert.True(found == Given || found == next, $"{found} after a crash at operation {operation}");
        }
    }
}
