using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Namespace;

/// <summary>A name in an existing directory, and what it leads to now.</summary>
internal readonly record struct Place(PathName Path, InodeId Directory, ReadOnlyMemory<byte> Name, DirentRecord? Entry)
{
    /// <summary>What the name leads to; refused when it leads nowhere.</summary>
    public DirentRecord Existing => Entry ?? throw Path.Refuse(ErrorCode.NotFound, "no such file or directory");
}
