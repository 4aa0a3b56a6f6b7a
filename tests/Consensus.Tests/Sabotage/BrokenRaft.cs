using System.Reflection;
using System.Runtime.Loader;
using DfsNet.Integrity;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace DfsNet.Consensus.Tests.Sabotage;

/// <summary>The core with a defect, compiled together with the model that tries it, in an assembly of its own.</summary>
internal sealed class BrokenRaft(Defect? defect)
{
    private const string Usings = """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        """;

    private readonly Assembly _assembly = Compile(defect);

    /// <summary>What went wrong in one drawn disaster; null where everything held.</summary>
    public string? Suffer(int seed, int steps)
    {
        var disaster = Activator.CreateInstance(TypeOf("Model.Disaster"), seed)!;
        return Failure(() => disaster.GetType().GetMethod("Run")!.Invoke(disaster, [steps]));
    }

    /// <summary>What did not go as written; null where everything did.</summary>
    public string? Perform(IReadOnlyList<string> lines)
    {
        var play = Activator.CreateInstance(TypeOf("Scenarios.Play"), lines)!;
        return Failure(() => play.GetType().GetMethod("Perform")!.Invoke(play, []));
    }

    private static string? Failure(Action action)
    {
        try
        {
            action();
            return null;
        }
        catch (TargetInvocationException error)
        {
            return error.InnerException!.Message;
        }
    }

    private Type TypeOf(string name) => _assembly.GetType($"DfsNet.Consensus.Tests.{name}", throwOnError: true)!;

    private static Assembly Compile(Defect? defect)
    {
        string root = Root();
        string core = Path.Combine(root, "src", "Consensus");
        string tests = Path.Combine(root, "tests", "Consensus.Tests");
        var files = Directory.GetFiles(core, "*.cs").Concat(Directory.GetFiles(Path.Combine(tests, "Model"), "*.cs"))
            .Append(Path.Combine(tests, "Scenarios", "Play.cs"));
        var options = new CSharpParseOptions(LanguageVersion.Preview);
        var trees = files.Select(file => CSharpSyntaxTree.ParseText(Patch(file, defect), options))
            .Append(CSharpSyntaxTree.ParseText(Usings, options));
        string platform = (string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!;
        var references = platform.Split(Path.PathSeparator)
            .Where(path => !Path.GetFileName(path).StartsWith("DfsNet.Consensus", StringComparison.Ordinal))
            .Append(typeof(Invariant).Assembly.Location).Distinct()
            .Select(path => MetadataReference.CreateFromFile(path));
        var compilation = CSharpCompilation.Create(
            "BrokenRaft",
            trees,
            references,
            new CSharpCompilationOptions(
                OutputKind.DynamicallyLinkedLibrary,
                optimizationLevel: OptimizationLevel.Release,
                nullableContextOptions: NullableContextOptions.Enable));
        using var bytes = new MemoryStream();
        var result = compilation.Emit(bytes);
        Assert.True(result.Success, string.Join("\n", result.Diagnostics.Where(line => line.Severity == DiagnosticSeverity.Error)));
        bytes.Position = 0;
        return new AssemblyLoadContext("patched", isCollectible: true).LoadFromStream(bytes);
    }

    private static string Patch(string file, Defect? defect)
    {
        string text = File.ReadAllText(file).ReplaceLineEndings("\n");
        if (defect is null || Path.GetFileName(file) != defect.File)
        {
            return text;
        }

        int at = text.IndexOf(defect.Old, StringComparison.Ordinal);
        Assert.True(at >= 0 && text.IndexOf(defect.Old, at + 1, StringComparison.Ordinal) < 0, $"{defect.File} has moved on: {defect.Old}");
        return text.Replace(defect.Old, defect.New, StringComparison.Ordinal);
    }

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "DfsNet.sln")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("no repository around these tests");
        }

        return folder.FullName;
    }
}
