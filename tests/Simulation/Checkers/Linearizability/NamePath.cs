using DfsNet.Integrity;

namespace DfsNet.Simulation.Checkers.Linearizability;

/// <summary>A path at or below the directory of a workload, with what the model asks of it again and again.</summary>
internal sealed class NamePath
{
    /// <param name="root">The workload's directory, which is always there: "/w1".</param>
    /// <param name="text">The path: "/w1" or "/w1/a/b".</param>
    public NamePath(string root, string text)
    {
        IsRoot = text == root;
        Invariant.Require(IsRoot || text.StartsWith(root + "/", StringComparison.Ordinal), "a workload stays in its directory");
        Text = text;
        Below = text + "/";
        var ancestors = new List<string>();
        for (int slash = text.IndexOf('/', Math.Min(root.Length + 1, text.Length)); slash > 0; slash = text.IndexOf('/', slash + 1))
        {
            ancestors.Add(text[..slash]);
        }

        Ancestors = [.. ancestors];
    }

    public string Text { get; }

    public bool IsRoot { get; }

    /// <summary>What the paths of everything below begin with.</summary>
    public string Below { get; }

    /// <summary>The directories on the way, without the workload's own, from the top down.</summary>
    public string[] Ancestors { get; }

    public override string ToString() => Text;
}
