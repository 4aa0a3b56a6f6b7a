using System.Diagnostics.CodeAnalysis;

namespace DfsNet.Integrity;

/// <summary>Guards what only a defect of ours can break; on in release builds, never caught.</summary>
public static class Invariant
{
    public static void Require([DoesNotReturnIf(false)] bool condition, string what)
    {
        if (!condition)
        {
            throw new InvariantException(what);
        }
    }
}

/// <summary>A defect of ours. The process that sees it stops.</summary>
public sealed class InvariantException(string what) : Exception($"broken invariant: {what}");
