using System.Globalization;
using System.Numerics;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace DfsNet.Repository.Tree;

/// <summary>The constants of the product and their values, worked out from the syntax alone; integers and texts only.</summary>
internal sealed class Constants
{
    // Deeper chains of constants than this are a circle.
    private const int DepthMax = 20;

    private readonly Dictionary<string, ExpressionSyntax> _initialisers = new(StringComparer.Ordinal);

    public Constants(IEnumerable<SourceFile> files)
    {
        foreach (var file in files)
        {
            foreach (var field in file.Nodes<FieldDeclarationSyntax>())
            {
                bool isConstant = field.Modifiers.Any(SyntaxKind.ConstKeyword);
                bool isFixed = field.Modifiers.Any(SyntaxKind.StaticKeyword) && field.Modifiers.Any(SyntaxKind.ReadOnlyKeyword);
                foreach (var variable in field.Declaration.Variables)
                {
                    if (variable.Initializer is null || !(isConstant || isFixed))
                    {
                        continue;
                    }

                    string type = field.Ancestors().OfType<TypeDeclarationSyntax>().First().Identifier.Text;
                    string name = $"{type}.{variable.Identifier.Text}";
                    _initialisers.TryAdd(name, variable.Initializer.Value);
                    if (isConstant)
                    {
                        Declared.Add((name, file.At(variable.Identifier, name)));
                    }
                }
            }

            foreach (var member in file.Nodes<EnumMemberDeclarationSyntax>().Where(member => member.EqualsValue is not null))
            {
                string type = ((EnumDeclarationSyntax)member.Parent!).Identifier.Text;
                _initialisers.TryAdd($"{type}.{member.Identifier.Text}", member.EqualsValue!.Value);
            }
        }
    }

    /// <summary>Every `const`, as Type.Name, and where it stands.</summary>
    public List<(string Name, Finding Place)> Declared { get; } = [];

    public bool Contains(string name) => _initialisers.ContainsKey(name);

    /// <summary>The value as text: a decimal number, or the characters of a string; null where it cannot be worked out.</summary>
    public string? ValueOf(string name) =>
        _initialisers.TryGetValue(name, out var expression) ? Evaluate(expression, name.Split('.')[0], 0) : null;

    private string? Evaluate(ExpressionSyntax expression, string type, int depth) => depth > DepthMax ? null : expression switch
    {
        LiteralExpressionSyntax { Token.Value: string text } => text,
        LiteralExpressionSyntax { Token.Value: byte[] bytes } => System.Text.Encoding.UTF8.GetString(bytes),
        LiteralExpressionSyntax literal => ParseNumber(literal.Token.Text)?.ToString(CultureInfo.InvariantCulture),
        ParenthesizedExpressionSyntax inner => Evaluate(inner.Expression, type, depth + 1),
        CastExpressionSyntax cast => Evaluate(cast.Expression, type, depth + 1),
        SizeOfExpressionSyntax size => SizeOf(size.Type.ToString())?.ToString(CultureInfo.InvariantCulture),
        IdentifierNameSyntax name => Resolve($"{type}.{name.Identifier.Text}", depth),
        MemberAccessExpressionSyntax member => Resolve($"{LastName(member.Expression)}.{member.Name.Identifier.Text}", depth),
        BinaryExpressionSyntax binary => Calculate(binary, type, depth),
        _ => null,
    };

    private string? Resolve(string name, int depth) =>
        _initialisers.TryGetValue(name, out var expression) ? Evaluate(expression, name.Split('.')[0], depth + 1) : null;

    private string? Calculate(BinaryExpressionSyntax binary, string type, int depth)
    {
        if (!BigInteger.TryParse(Evaluate(binary.Left, type, depth + 1), out var left)
            || !BigInteger.TryParse(Evaluate(binary.Right, type, depth + 1), out var right))
        {
            return null;
        }

        BigInteger? value = binary.Kind() switch
        {
            SyntaxKind.AddExpression => left + right,
            SyntaxKind.SubtractExpression => left - right,
            SyntaxKind.MultiplyExpression => left * right,
            SyntaxKind.DivideExpression when !right.IsZero => left / right,
            SyntaxKind.LeftShiftExpression => left << (int)right,
            SyntaxKind.BitwiseOrExpression => left | right,
            _ => null,
        };
        return value?.ToString(CultureInfo.InvariantCulture);
    }

    private static string LastName(ExpressionSyntax expression) => expression.ToString().Split('.')[^1];

    private static int? SizeOf(string type) => type switch
    {
        "byte" or "sbyte" or "bool" => 1,
        "short" or "ushort" => 2,
        "int" or "uint" => 4,
        "long" or "ulong" => 8,
        _ => null,
    };

    /// <summary>A number as it is written in code or in a table: decimal or 0x, with _ or , between digits, with a suffix.</summary>
    public static BigInteger? ParseNumber(string text)
    {
        string digits = text.Replace("_", "", StringComparison.Ordinal).Replace(",", "", StringComparison.Ordinal).TrimEnd(
            'u', 'U', 'l', 'L');
        if (digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
        {
            return BigInteger.TryParse("0" + digits[2..], NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var hex) ? hex : null;
        }

        return BigInteger.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
    }
}
