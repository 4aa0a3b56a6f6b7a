using System.Xml.Linq;
using DfsNet.Repository.Tree;

namespace DfsNet.Repository.Rules;

/// <summary>References point down only (ARCHITECTURE.md): the servers never know each other, the SDK knows no server.</summary>
internal sealed class ProjectReferenceRule : IRule
{
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Integrity"] = [],
        ["Consensus"] = ["Integrity"],
        ["Workers"] = ["Integrity"],
        ["Storage"] = ["Integrity"],
        ["Protocol"] = ["Integrity"],
        ["MetaServer"] = ["Integrity", "Consensus", "Workers", "Storage", "Protocol"],
        ["ChunkServer"] = ["Integrity", "Workers", "Storage", "Protocol"],
        ["Client"] = ["Integrity", "Protocol"],
        ["Backups"] = ["Integrity", "Protocol", "MetaServer", "Client"],
        ["Hosting"] = ["Integrity", "Workers", "Storage", "Protocol", "MetaServer", "ChunkServer", "Client", "Backups"],
        ["Cli"] = ["Integrity", "Protocol", "Client", "Hosting"],
    };

    // What a project may take from outside; a package that is not here needs a decision, not just a line in a project file.
    private static readonly Dictionary<string, string[]> AllowedPackages = new()
    {
        ["Integrity"] = [],
        ["Consensus"] = [],
        ["Workers"] = ["Microsoft.Extensions.Logging.Abstractions"],
        ["Storage"] = [],
        ["Protocol"] = ["Google.Protobuf", "Grpc.Core.Api", "Grpc.Net.Client", "Grpc.Tools"],
        ["MetaServer"] = ["Microsoft.Extensions.Logging.Abstractions", "RocksDB"],
        ["ChunkServer"] = ["Microsoft.Extensions.Logging.Abstractions"],
        ["Client"] = ["Microsoft.Extensions.Logging.Abstractions"],
        ["Backups"] = [],
        ["Hosting"] =
        [
            "Grpc.AspNetCore", "OpenTelemetry.Extensions.Hosting", "OpenTelemetry.Exporter.OpenTelemetryProtocol",
            "OpenTelemetry.Exporter.Prometheus.AspNetCore",
        ],
        ["Cli"] = ["System.CommandLine", "Spectre.Console"],
    };

    public IEnumerable<SourceTree> Bad =>
    [
        ProjectOf("Client", "../Storage/Storage.csproj"),
        ProjectOf("ChunkServer", "../MetaServer/MetaServer.csproj"),
        ProjectOf("Integrity", "../Protocol/Protocol.csproj"),
        ProjectOf("Novelty", "../Protocol/Protocol.csproj"),
        SourceTree.Of(("src/Storage/Storage.csproj", "<Project><ItemGroup><PackageReference Include=\"RocksDB\" /></ItemGroup></Project>")),
    ];

    public IEnumerable<SourceTree> Good =>
        [ProjectOf("ChunkServer", "../Storage/Storage.csproj"), ProjectOf("Cli", "../Client/Client.csproj")];

    public IEnumerable<Finding> Check(SourceTree tree) => tree.Projects.Where(file => file.IsProduct).SelectMany(CheckProject);

    private static IEnumerable<Finding> CheckProject(SourceFile file)
    {
        if (!Allowed.TryGetValue(file.Project, out var allowed))
        {
            yield return file.AtLine(1, $"{file.Project} has no place in the order of projects: give it one here and in ARCHITECTURE.md");
            yield break;
        }

        foreach (var target in Includes(file, "ProjectReference").Select(path => Path.GetFileNameWithoutExtension(path.Replace('\\', '/'))))
        {
            if (!allowed.Contains(target, StringComparer.Ordinal))
            {
                yield return file.AtLine(1, $"{file.Project} must not see {target}");
            }
        }

        foreach (var package in Includes(file, "PackageReference"))
        {
            if (!AllowedPackages[file.Project].Contains(package, StringComparer.Ordinal))
            {
                yield return file.AtLine(1, $"{file.Project} must not use package {package}");
            }
        }
    }

    private static IEnumerable<string> Includes(SourceFile file, string element) =>
        XDocument.Parse(file.Text).Descendants(element).Select(item => (string?)item.Attribute("Include") ?? "");

    private static SourceTree ProjectOf(string project, string reference) => SourceTree.Of((
        $"src/{project}/{project}.csproj",
        $"<Project><ItemGroup><ProjectReference Include=\"{reference}\" /></ItemGroup></Project>"));
}
