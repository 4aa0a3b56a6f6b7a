using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using DfsNet.Protocol;

namespace DfsNet.Client;

/// <summary>How a <see cref="DfsClient"/> behaves. Every default is meant to be left alone; only the addresses must be given.</summary>
public sealed record DfsClientOptions
{
    /// <summary>Addresses (host:port) of the metadata nodes, in any order; at least one.</summary>
    [Description("Addresses of the metadata nodes, host:port.")]
    [MinLength(1)]
    public required IReadOnlyList<string> MetadataAddresses { get; init; }

    /// <summary>Shown to operators beside the session.</summary>
    [Description("Name of this client, shown to operators.")]
    [MaxLength(255)]
    public string ClientName { get; init; } = "dfsnet";

    /// <summary>
    /// This machine's name as chunk servers advertise it; a replica on it is preferred, being read and written without the network. Empty:
    /// unknown.
    /// </summary>
    [Description("This machine's host name, to prefer replicas on it.")]
    public string HostName { get; init; } = "";

    /// <summary>How long a call may go without any progress before it fails with <c>TimedOut</c> or <c>Unavailable</c>.</summary>
    [Description("How long a call may go without progress before it fails.")]
    [Range(typeof(TimeSpan), "00:00:00.050", "1.00:00:00")]
    public TimeSpan CallTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long <see cref="DfsClient.ConnectAsync(DfsClientOptions, CancellationToken)"/> waits for a metadata server to answer.
    /// </summary>
    [Description("How long connecting waits for a metadata server.")]
    [Range(typeof(TimeSpan), "00:00:00.050", "1.00:00:00")]
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long one attempt of a metadata call waits before another node is asked. Elections take a second or two.</summary>
    [Description("How long one attempt of a metadata call waits before it is repeated.")]
    [Range(typeof(TimeSpan), "00:00:00.050", "01:00:00")]
    public TimeSpan AttemptTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long an append chain may be silent with bytes outstanding before it is replaced. A healthy chain answers in milliseconds. The
    /// servers notice a silent member after two seconds and one more for the hops of the chain, and name it: the client waits a little
    /// longer. After four sevenths of this time the head is asked whether it answers at all; if not, the chain is replaced at once.
    /// </summary>
    [Description("Silence of an append chain after which it is replaced.")]
    [Range(typeof(TimeSpan), "00:00:00.050", "00:10:00")]
    public TimeSpan ChainSilence { get; init; } = TimeSpan.FromSeconds(3.5);

    /// <summary>
    /// How long a replica may keep a reader waiting before another is asked; grows fourfold each time all were asked in vain.
    /// </summary>
    [Description("Silence of a replica after which another one is read.")]
    [Range(typeof(TimeSpan), "00:00:00.010", "00:10:00")]
    public TimeSpan ReadSilence { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// Whether a read that is slower than nearly all others lately is asked of a second replica too; at most one in twenty is.
    /// </summary>
    [Description("Whether slow reads are asked of a second replica too, at most one in twenty.")]
    public bool HedgedReads { get; init; } = true;

    /// <summary>An open chunk that got no bytes for this long is sealed.</summary>
    [Description("Idle time after which an open chunk is sealed.")]
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan ChunkIdle { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a chunk server that failed in a chain is left out of new ones.</summary>
    [Description("How long a failed chunk server is left out of new chunks.")]
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan FailedServerMemory { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Chunks open for writing at the same time; the cluster's own bound holds too. Large writes beyond it wait for their turn.
    /// </summary>
    [Description("Chunks open for writing at the same time.")]
    [Range(1, 16)]
    public int OpenChunksMax { get; init; } = 16;

    /// <summary>Bytes read ahead of a sequential reader, per stream.</summary>
    [Description("Bytes read ahead per stream.")]
    [Range(1024 * 1024, 256 * 1024 * 1024)]
    public int ReadAheadBytes { get; init; } = 8 * 1024 * 1024;

    /// <summary>How long a stream may use the layout it fetched before asking again; the cluster's own bound holds too.</summary>
    [Description("How long a cached layout is used.")]
    [Range(typeof(TimeSpan), "00:00:00", "00:05:00")]
    public TimeSpan LayoutTrust { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Set for a client that writes a backup of the cluster's metadata: its new chunks say so, and chunk servers never take them for
    /// chunks that nobody needs. Left at its default by all others.
    /// </summary>
    public BackupMark BackupMark { get; init; }

    /// <summary>Checks every value against its range.</summary>
    /// <exception cref="ValidationException">A value is out of its range; the message names it.</exception>
    public void Validate()
    {
        Validator.ValidateObject(this, new ValidationContext(this), validateAllProperties: true);
        foreach (string address in MetadataAddresses)
        {
            if (!Metadata.ServerAddressText.IsValid(address))
            {
                throw new ValidationException($"MetadataAddresses: \"{address}\" is not host:port");
            }
        }
    }
}
