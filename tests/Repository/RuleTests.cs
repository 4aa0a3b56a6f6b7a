using DfsNet.Repository.Tree;

namespace DfsNet.Repository;

/// <summary>Runs every rule: on the repository, on what it must catch, and on what it must not.</summary>
public sealed class RuleTests
{
    public static TheoryData<string> Rules
    {
        get
        {
            var names = typeof(IRule).Assembly.GetTypes()
                .Where(type => type is { IsClass: true, IsAbstract: false } && type.IsAssignableTo(typeof(IRule)))
                .Select(type => type.Name);
            return [.. names.Order(StringComparer.Ordinal)];
        }
    }

    [Theory]
    [MemberData(nameof(Rules))]
    public void The_repository_keeps_the_rule(string rule)
    {
        var findings = Create(rule).Check(SourceTree.Repository).Select(finding => finding.ToString()).ToList();
        Assert.True(findings.Count == 0, $"{rule} is broken {findings.Count} times:\n{string.Join('\n', findings)}");
    }

    [Theory]
    [MemberData(nameof(Rules))]
    public void The_rule_catches_its_bad_examples(string rule)
    {
        var examples = Create(rule).Bad.ToList();
        Assert.NotEmpty(examples);
        for (var number = 0; number < examples.Count; number++)
        {
            Assert.True(Create(rule).Check(examples[number]).Any(), $"{rule} lets its bad example {number + 1} pass");
        }
    }

    [Theory]
    [MemberData(nameof(Rules))]
    public void The_rule_lets_its_good_examples_pass(string rule)
    {
        foreach (var example in Create(rule).Good)
        {
            Assert.Empty(Create(rule).Check(example));
        }
    }

    [Fact]
    public void The_repository_is_seen_at_all()
    {
        Assert.Contains(SourceTree.Repository.Files, file => file.Path == "src/Integrity/Crc32C.cs");
        Assert.Contains(SourceTree.Repository.Files, file => file.Path == "protos/metadata.proto");
        Assert.True(SourceTree.Repository.Product.Count() > 20);
    }

    private static IRule Create(string name)
    {
        var type = typeof(IRule).Assembly.GetTypes().Single(type => type.Name == name && type.IsAssignableTo(typeof(IRule)));
        return (IRule)Activator.CreateInstance(type)!;
    }
}
