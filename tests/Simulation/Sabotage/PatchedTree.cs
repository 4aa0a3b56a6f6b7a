using System.Diagnostics;
using System.Text.Json;
using System.Xml.Linq;

namespace DfsNet.Simulation.Sabotage;

/// <summary>
/// The copy of the source that has every patch in it, each behind its switch: built once, in the folder of build results, and only as far
/// as something has changed since.
/// </summary>
internal sealed class PatchedTree : IDisposable
{
    private const string SimulatorFolder = "tests/Simulation";

    private static readonly string[] RootFiles =
    [
        "Directory.Build.props", "Directory.Packages.props", "tests/Directory.Build.props", "global.json", ".editorconfig",
        "BannedSymbols.txt",
    ];

    // The packages of the build that this process comes from are on this machine; nothing is asked of any feed. Its warnings were
    // errors already, and a patch may leave a line that is never reached.
    private static readonly string[] Build =
    [
        "build", $"{SimulatorFolder}/Simulation.csproj", "-c", "Release", "-v", "quiet", "-nologo", "-clp:NoSummary", "-nodeReuse:false",
        "-p:TreatWarningsAsErrors=false", "-p:RunAnalyzers=false", "-p:NuGetAudit=false", "-p:EnforceCodeStyleInBuild=false",
    ];

    private readonly string _root = FindRoot();
    private readonly string _copy;
    private readonly FileStream _lock;

    private PatchedTree(FileStream held, string copy)
    {
        _lock = held;
        _copy = copy;
    }

    private string Simulator => Path.Combine(
        _copy, "artifacts", "bin", "Simulation", "release", $"DfsNet.Simulation{(OperatingSystem.IsWindows() ? ".exe" : "")}");

    /// <summary>Makes and builds the copy, and keeps others away from it until it is disposed of.</summary>
    public static async Task<PatchedTree> BuildAsync()
    {
        string copy = Path.Combine(FindRoot(), "artifacts", "sabotaged");
        Directory.CreateDirectory(copy);
        var tree = new PatchedTree(await LockAsync(Path.Combine(copy, "lock")).ConfigureAwait(false), copy);
        tree.Write();
        await tree.CompileAsync().ConfigureAwait(false);
        return tree;
    }

    /// <summary>The files of the copy that differ from the source, by path; throws when a patch does not fit.</summary>
    public static SortedDictionary<string, string> Patch()
    {
        string root = FindRoot();
        var patched = new SortedDictionary<string, string>(StringComparer.Ordinal) { [PatchedCode.Path] = PatchedCode.Text };
        foreach (var replacement in SabotageList.All.SelectMany(sabotage => sabotage.Replacements))
        {
            string text = patched.TryGetValue(replacement.Path, out string? already)
                ? already
                : File.ReadAllText(Path.Combine(root, replacement.Path));
            patched[replacement.Path] = replacement.Apply(text);
        }

        return patched;
    }

    /// <summary>Runs the simulator of the copy and passes on what it prints; its exit code.</summary>
    public async Task<int> RunAsync(IEnumerable<string> arguments, Action<string> print)
    {
        var start = new ProcessStartInfo(Simulator) { RedirectStandardOutput = true };
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        using var process = Process.Start(start)!;
        while (await process.StandardOutput.ReadLineAsync().ConfigureAwait(false) is { } text)
        {
            print(text);
        }

        await process.WaitForExitAsync().ConfigureAwait(false);
        return process.ExitCode;
    }

    public void Dispose() => _lock.Dispose();

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "DfsNet.sln")))
            {
                return folder.FullName;
            }
        }

        throw new SabotageException($"no DfsNet.sln above {AppContext.BaseDirectory}: a patch needs the source");
    }

    private static async Task<FileStream> LockAsync(string path)
    {
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException)
            {
                // Another process builds or uses the copy.
                await Task.Delay(TimeSpan.FromSeconds(1)).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Writes what is new or different, and deletes what is no more, so that the next build has little to do.</summary>
    private void Write()
    {
        var patched = Patch();
        var wanted = RootFiles.Concat(Files("protos")).Concat(Projects().SelectMany(Files)).Concat(patched.Keys)
            .ToHashSet(StringComparer.Ordinal);
        foreach (string path in wanted)
        {
            string text = patched.TryGetValue(path, out string? changed) ? changed : File.ReadAllText(Path.Combine(_root, path));
            string target = Path.Combine(_copy, path);
            if (!File.Exists(target) || File.ReadAllText(target) != text)
            {
                Directory.CreateDirectory(Path.GetDirectoryName(target)!);
                File.WriteAllText(target, text);
            }
        }

        foreach (string folder in (string[])["src", "tests", "protos"])
        {
            foreach (string file in Directory.EnumerateFiles(Path.Combine(_copy, folder), "*", SearchOption.AllDirectories).ToList())
            {
                if (!wanted.Contains(Path.GetRelativePath(_copy, file).Replace('\\', '/')))
                {
                    File.Delete(file);
                }
            }
        }
    }

    private IEnumerable<string> Files(string folder) => Directory
        .EnumerateFiles(Path.Combine(_root, folder), "*", SearchOption.AllDirectories)
        .Select(file => Path.GetRelativePath(_root, file).Replace('\\', '/'));

    /// <summary>The folders of the simulator's project and of all that it refers to.</summary>
    private List<string> Projects()
    {
        var folders = new List<string> { SimulatorFolder };
        for (int i = 0; i < folders.Count; i++)
        {
            string project = Path.Combine(_root, folders[i], $"{Path.GetFileName(folders[i])}.csproj");
            foreach (var reference in XDocument.Load(project).Descendants("ProjectReference"))
            {
                string file = Path.GetFullPath(Path.Combine(_root, folders[i], (string)reference.Attribute("Include")!));
                string folder = Path.GetRelativePath(_root, Path.GetDirectoryName(file)!).Replace('\\', '/');
                if (!folders.Contains(folder))
                {
                    folders.Add(folder);
                }
            }
        }

        return folders;
    }

    private async Task CompileAsync()
    {
        var start = new ProcessStartInfo("dotnet") { WorkingDirectory = _copy, RedirectStandardOutput = true };
        foreach (string argument in Build.Append("--source").Append(PackageFolder()))
        {
            start.ArgumentList.Add(argument);
        }

        using var process = Process.Start(start)!;
        string output = await process.StandardOutput.ReadToEndAsync().ConfigureAwait(false);
        await process.WaitForExitAsync().ConfigureAwait(false);
        if (process.ExitCode != 0)
        {
            throw new SabotageException($"the patched copy does not build:\n{output}");
        }
    }

    private string PackageFolder()
    {
        string assets = Path.Combine(_root, "artifacts", "obj", "Simulation", "project.assets.json");
        using var json = JsonDocument.Parse(File.ReadAllBytes(assets));
        return json.RootElement.GetProperty("packageFolders").EnumerateObject().First().Name;
    }
}
