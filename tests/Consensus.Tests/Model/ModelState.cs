namespace DfsNet.Consensus.Tests.Model;

/// <summary>The state machine of a model node: which entry it has applied, a digest of all of them, and the members they say.</summary>
internal sealed record ModelState(LogPoint Applied, int Digest, Membership Members)
{
    public ModelState Apply(Entry entry)
    {
        if (entry.Point.Index != Applied.Index + 1)
        {
            throw new ModelException($"entry {entry.Point} is applied behind {Applied}");
        }

        var members = entry.Kind == EntryKind.Membership ? Membership.TryDecode(entry.Body.Span)! : Members;
        return new ModelState(entry.Point, HashCode.Combine(Digest, entry.Point, entry.Kind, Hash(entry.Body.Span)), members);
    }

    private static int Hash(ReadOnlySpan<byte> body)
    {
        var hash = new HashCode();
        hash.AddBytes(body);
        return hash.ToHashCode();
    }
}

/// <summary>A guarantee was broken.</summary>
internal sealed class ModelException(string message) : Exception(message);
