using DfsNet.Repository.Tree;

namespace DfsNet.Repository;

/// <summary>
/// One rule of this codebase. A new rule is one file: <see cref="RuleTests"/> finds it, runs it on the repository, and demands that it
/// catches its own bad examples and lets its good ones pass.
/// </summary>
internal interface IRule
{
    IEnumerable<Finding> Check(SourceTree tree);

    /// <summary>Examples that must be caught, each on its own.</summary>
    IEnumerable<SourceTree> Bad { get; }

    /// <summary>Examples that must pass.</summary>
    IEnumerable<SourceTree> Good { get; }
}
