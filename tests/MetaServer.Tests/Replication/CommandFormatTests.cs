using DfsNet.MetaServer.Replication;
using DfsNet.Protocol.Wire;
using Google.Protobuf;

namespace DfsNet.MetaServer.Tests.Replication;

public sealed class CommandFormatTests
{
    [Fact]
    public void A_command_of_a_kind_or_with_a_field_that_is_not_known_is_never_applied()
    {
        byte[] known = new Command { StampUnixMs = 5, EndSession = new EndSession { SessionId = 3 } }.ToByteArray();
        Assert.Equal(3UL, LogEntryFormat.ReadCommand(known).EndSession.SessionId);

        // Field 1000, of a program of tomorrow: at the top, and as the kind itself.
        byte[] field = [.. known, 0xc0, 0x3e, 1];
        byte[] kind = [0xc2, 0x3e, 0];
        Assert.Equal(ErrorCode.Unsupported, Assert.Throws<DfsException>(() => LogEntryFormat.ReadCommand(field)).Code);
        Assert.Equal(ErrorCode.Unsupported, Assert.Throws<DfsException>(() => LogEntryFormat.ReadCommand(kind)).Code);
        Assert.Equal(ErrorCode.Corrupt, Assert.Throws<DfsException>(() => LogEntryFormat.ReadCommand([0xff, 0xff])).Code);
    }
}
