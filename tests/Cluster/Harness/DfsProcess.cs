using System.Collections.Concurrent;
using System.Diagnostics;

namespace DfsNet.Cluster.Harness;

/// <summary>One running `dfs`, killed at the latest when it is disposed or the test process ends; keeps what it said.</summary>
internal sealed class DfsProcess : IAsyncDisposable
{
    private const int LinesKept = 400;

    private static readonly ConcurrentDictionary<int, Process> Running = new();

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _lines = new();
    private readonly Task _reading;
    private bool _disposed;

    static DfsProcess() => AppDomain.CurrentDomain.ProcessExit += (_, _) =>
    {
        foreach (var process in Running.Values)
        {
            process.Kill();
        }
    };

    private DfsProcess(
        string name, IReadOnlyList<string> via, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string>? variables = null)
    {
        Name = name;
        Arguments = arguments;
        var command = BuiltCli.Command(arguments, via);
        foreach (var (variable, value) in variables ?? new Dictionary<string, string>())
        {
            command.Environment[variable] = value;
        }

        _process = Process.Start(command) ?? throw new InvalidOperationException("dfs did not start");
        Running[_process.Id] = _process;
        _reading = Task.WhenAll(ReadAsync(_process.StandardOutput), ReadAsync(_process.StandardError));
    }

    public string Name { get; }

    public IReadOnlyList<string> Arguments { get; }

    public Stream Input => _process.StandardInput.BaseStream;

    public int Id => _process.Id;

    public bool HasExited => _disposed || _process.HasExited;

    /// <summary>Whether the test killed it; otherwise an end is a surprise.</summary>
    public bool WasKilled { get; private set; }

    /// <summary>The newest lines of both outputs.</summary>
    public string Log => string.Join('\n', _lines);

    public static DfsProcess Start(string name, params IReadOnlyList<string> arguments) => new(name, [], arguments);

    /// <summary>With variables of its environment.</summary>
    public static DfsProcess Start(
        string name, IReadOnlyDictionary<string, string> variables, params IReadOnlyList<string> arguments) =>
        new(name, [], arguments, variables);

    /// <summary>Started by another program, which becomes it.</summary>
    public static DfsProcess StartVia(IReadOnlyList<string> via, string name, IReadOnlyList<string> arguments) => new(name, via, arguments);

    /// <summary>kill -9, and the end of the process.</summary>
    public async Task KillAsync()
    {
        WasKilled = true;
        _process.Kill();
        await WaitAsync(TimeSpan.FromSeconds(10));
    }

    public void Pause() => Signals.Send(_process.Id, Signals.Stop);

    public void Resume() => Signals.Send(_process.Id, Signals.Continue);

    public void Terminate() => Signals.Send(_process.Id, Signals.Terminate);

    /// <summary>SIGTERM, as an operator stops it, and the end of the process in good order.</summary>
    public async Task StopAsync()
    {
        WasKilled = true;
        Terminate();
        Assert.Equal(0, await WaitAsync(TimeSpan.FromSeconds(20)));
    }

    /// <summary>The exit code; fails when the process does not end in time.</summary>
    public async Task<int> WaitAsync(TimeSpan limit)
    {
        using var deadline = new CancellationTokenSource(limit);
        try
        {
            await _process.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"{Name} still runs after {limit.TotalSeconds} s:\n{Log}");
        }

        await _reading;
        Running.TryRemove(_process.Id, out _);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        if (!_process.HasExited)
        {
            await KillAsync();
        }

        Running.TryRemove(_process.Id, out _);
        _process.Dispose();
    }

    private async Task ReadAsync(StreamReader reader)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            _lines.Enqueue(line);
            if (_lines.Count > LinesKept)
            {
                _lines.TryDequeue(out _);
            }
        }
    }
}
