using System.Globalization;
using System.Text.RegularExpressions;
using DfsNet.Repository.Tree;

namespace DfsNet.Repository.Rules;

/// <summary>
/// docs/formats.md tells the truth: a table row "| `Type.Constant` | value | …" names a constant of the product and its value, and no
/// constant that looks like part of a stored format is without a row.
/// </summary>
internal sealed partial class FormatConstantRule : IRule
{
    private const string Document = "docs/formats.md";

    private static readonly string[] StoringProjects = ["Storage", "MetaServer", "ChunkServer"];

    public IEnumerable<SourceTree> Bad =>
    [
        Example("| `F.Magic` | 0x12 | x |", "class F { const uint Magic = 0x13; }"),
        Example("| `F.Gone` | 1 | x |", "class F { const uint Other = 1; }"),
        Example("| `F.Size` | 63 | x |", "class F { const int Size = 8 * sizeof(ulong); }"),
        Example("| `F.Name` | `a.b` | x |", "class F { const string Name = \"a.c\"; }"),
        Example("", "class F { const byte FormatVersion = 1; }"),
        Example("", "class F { const int SegmentHeaderBytes = 1; }"),
    ];

    public IEnumerable<SourceTree> Good =>
    [
        Example("| `F.Magic` | 0x0012 | x |", "class F { const uint Magic = 0x1_2; }"),
        Example("| `F.Size` | 8,192 | x |", "class F { const int Size = G.Half * 2; } class G { public const int Half = 4 * 1024; }"),
        Example("| `F.Name` | `a.b` | x |", "class F { const string Name = \"a.b\"; }"),
        Example("| `K.Seal` | 3 | x |", "enum K { Seal = 3 }"),
    ];

    public IEnumerable<Finding> Check(SourceTree tree)
    {
        if (tree.Find(Document) is not { } document)
        {
            return [];
        }

        var constants = new Constants(tree.Product);
        var rows = document.Lines.Index()
            .Select(line => (line.Index, Match: Row().Match(line.Item)))
            .Where(row => row.Match.Success)
            .Select(row => (Line: row.Index + 1, Name: row.Match.Groups[1].Value, Value: row.Match.Groups[2].Value.Trim('`', ' ', '"')))
            .ToList();
        var wrong = rows.Select(row => CheckRow(document, constants, row.Line, row.Name, row.Value)).OfType<Finding>();
        var told = rows.Select(row => row.Name).ToHashSet(StringComparer.Ordinal);
        var untold =
            from constant in constants.Declared
            where StoringProjects.Any(project => constant.Place.Path.StartsWith($"src/{project}/", StringComparison.Ordinal))
            where FormatName().IsMatch(constant.Name) && !told.Contains(constant.Name)
            select constant.Place with { What = $"{constant.Name} has no row in {Document}" };
        return wrong.Concat(untold);
    }

    private static Finding? CheckRow(SourceFile document, Constants constants, int line, string name, string value)
    {
        if (!constants.Contains(name))
        {
            return document.AtLine(line, $"{name} is no constant of the product");
        }

        string? actual = constants.ValueOf(name);
        string told = Constants.ParseNumber(value)?.ToString(CultureInfo.InvariantCulture) ?? value;
        return actual == told ? null : document.AtLine(line, $"{name} is {actual ?? "not a plain constant"}, not {value}");
    }

    private static SourceTree Example(string row, string code) => SourceTree.Of((Document, row), ("src/Storage/F.cs", code));

    [GeneratedRegex(@"^\|\s*`([A-Za-z]+\.[A-Za-z0-9]+)`\s*\|\s*([^|]+?)\s*\|")]
    private static partial Regex Row();

    [GeneratedRegex(@"\.(Magic|Version|FormatVersion|\w+Magic|\w*HeaderBytes|\w+Table)$")]
    private static partial Regex FormatName();
}
