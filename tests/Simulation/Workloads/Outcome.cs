namespace DfsNet.Simulation.Workloads;

/// <summary>How a call ended: with a value, with a typed error, or not at all, because its process died.</summary>
internal sealed record Outcome<T>
{
    /// <summary>The process died while the call was under way: it may have happened or not.</summary>
    public static readonly Outcome<T> Died = new();

    /// <summary>The call was never begun.</summary>
    public static readonly Outcome<T> NotSent = new() { WasSent = false };

    public bool IsSuccess { get; private init; }

    public T? Value { get; private init; }

    public DfsException? Error { get; private init; }

    public bool WasSent { get; private init; } = true;

    public static Outcome<T> Of(T value) => new() { IsSuccess = true, Value = value };

    public static Outcome<T> Of(DfsException error) => new() { Error = error };
}
