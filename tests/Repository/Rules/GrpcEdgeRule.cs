using DfsNet.Repository.Tree;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace DfsNet.Repository.Rules;

/// <summary>
/// Inside a server gRPC stays at the edge: domain folders see wire messages and our own contracts, never Grpc.*, so that the simulator
/// and any later transport need no change there.
/// </summary>
internal sealed class GrpcEdgeRule : IRule
{
    public IEnumerable<SourceTree> Bad =>
    [
        SourceTree.Of(("src/ChunkServer/Chunks/A.cs", "using Grpc.Core; class A;")),
        SourceTree.Of(("src/MetaServer/Namespace/A.cs", "class A { Grpc.Core.Status _status; }")),
    ];

    public IEnumerable<SourceTree> Good =>
    [
        SourceTree.Of(("src/ChunkServer/Services/A.cs", "using Grpc.Core; class A;")),
        SourceTree.Of(("src/Client/A.cs", "using Grpc.Core; class A;")),
    ];

    public IEnumerable<Finding> Check(SourceTree tree) =>
        from file in tree.Product
        where file.Project is "MetaServer" or "ChunkServer" && !IsEdge(file.Path)
        from name in file.Nodes<IdentifierNameSyntax>()
        where name.Identifier.Text == "Grpc" && name.Parent is QualifiedNameSyntax or MemberAccessExpressionSyntax
        select file.At(name, "Grpc.* outside Services/ and Connections/: domain code sees our own contracts only");

    private static bool IsEdge(string path) =>
        path.Contains("/Services/", StringComparison.Ordinal)
        || path.Contains("/Connections/", StringComparison.Ordinal)
        || path.Contains("/Bulk/Grpc", StringComparison.Ordinal);
}
