namespace DfsNet.Cli;

/// <summary>What a command finds around it: the terminal, standard streams, clock, randomness and environment variables.</summary>
internal sealed record Surroundings
{
    /// <summary>For results.</summary>
    public required TextWriter Out { get; init; }

    /// <summary>For errors, progress and logs.</summary>
    public required TextWriter Error { get; init; }

    /// <summary>Standard input as bytes, for "-".</summary>
    public required Func<Stream> OpenInput { get; init; }

    /// <summary>Standard output as bytes, for "-" and cat.</summary>
    public required Func<Stream> OpenOutput { get; init; }

    /// <summary>Progress bars make sense.</summary>
    public bool ErrorIsTerminal { get; init; }

    /// <summary>Unprintable characters of names would play with the terminal.</summary>
    public bool OutIsTerminal { get; init; }

    public required TimeProvider Time { get; init; }

    public required Random Random { get; init; }

    public required Func<string, string?> Variable { get; init; }
}
