using System.Buffers.Binary;
using System.Text;
using DfsNet.Integrity;

namespace DfsNet.Consensus;

/// <summary>
/// The members of a cluster from one entry of the log on, in order of id. Ids are given by a counter and never used twice.
/// </summary>
public sealed class Membership
{
    public const byte FormatVersion = 1;

    /// <summary>Before the first entry of a log, and in a node that nobody has spoken to yet.</summary>
    public static readonly Membership Empty = new([], 1);

    /// <summary>More would slow every write and help nobody; five voters bear two losses.</summary>
    public const int MembersMax = 9;

    private const int AddressBytesMax = 255;

    public Membership(IEnumerable<Member> members, ulong nextId)
    {
        Members = [.. members.OrderBy(member => member.Id)];
        Voters = [.. Members.Where(member => !member.IsLearner).Select(member => member.Id)];
        NextId = nextId;
        Invariant.Require(Members.Select(member => member.Id).Distinct().Count() == Members.Count, "a member is named once");
        Invariant.Require(Members.All(member => member.Id.Value != 0 && member.Id.Value < nextId), "ids come from the counter");
    }

    public IReadOnlyList<Member> Members { get; }

    public IReadOnlyList<MemberId> Voters { get; }

    /// <summary>The id that the next added member gets.</summary>
    public ulong NextId { get; }

    /// <summary>How many voters make a majority.</summary>
    public int Quorum => Voters.Count / 2 + 1;

    public Member? Find(MemberId id) => Members.FirstOrDefault(member => member.Id == id);

    public bool IsVoter(MemberId id) => Voters.Contains(id);

    /// <summary>The value that a majority of voters has reached or passed; 0 without voters.</summary>
    public ulong ReachedByQuorum(Func<MemberId, ulong> of) =>
        Voters.Count == 0 ? 0 : Voters.Select(of).OrderDescending().ElementAt(Quorum - 1);

    public byte[] Encode()
    {
        using var bytes = new MemoryStream();
        using var writer = new BinaryWriter(bytes);
        writer.Write(FormatVersion);
        writer.Write(NextId);
        writer.Write((byte)Members.Count);
        foreach (var member in Members)
        {
            byte[] address = Encoding.UTF8.GetBytes(member.Address);
            Invariant.Require(address.Length <= AddressBytesMax, "an address is short");
            writer.Write(member.Id.Value);
            writer.Write(member.IsLearner);
            writer.Write((byte)address.Length);
            writer.Write(address);
        }

        return bytes.ToArray();
    }

    /// <summary>Null where the bytes are no membership that this program knows.</summary>
    public static Membership? TryDecode(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < 10 || bytes[0] != FormatVersion || bytes[9] > MembersMax)
        {
            return null;
        }

        ulong nextId = BinaryPrimitives.ReadUInt64LittleEndian(bytes[1..]);
        int count = bytes[9];
        bytes = bytes[10..];
        var members = new List<Member>();
        for (int i = 0; i < count; i++)
        {
            if (bytes.Length < 10 || bytes.Length < 10 + bytes[9] || bytes[8] > 1)
            {
                return null;
            }

            var id = new MemberId(BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            members.Add(new Member(id, Encoding.UTF8.GetString(bytes.Slice(10, bytes[9])), bytes[8] == 1));
            bytes = bytes[(10 + bytes[9])..];
        }

        bool isSound = bytes.Length == 0 && members.All(member => member.Id.Value != 0 && member.Id.Value < nextId)
            && members.Select(member => member.Id).Distinct().Count() == members.Count;
        return isSound ? new Membership(members, nextId) : null;
    }

    public override string ToString() =>
        string.Join(", ", Members.Select(member => $"{member.Id}{(member.IsLearner ? " (learner)" : "")} at {member.Address}"));
}
