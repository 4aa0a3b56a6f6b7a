using DfsNet.Protocol;

namespace DfsNet.ChunkServer.Chunks;

/// <summary>Whose directory this is, as its identity file says.</summary>
/// <param name="Volume">Stored in every header of the volume's journal; a journal of another volume is refused.</param>
/// <param name="Fresh">
/// The directory was set up just now: journal and chunk directories are created. Otherwise they must exist, so that an unmounted volume
/// never pretends to be empty.
/// </param>
public sealed record VolumeIdentity(ClusterId Cluster, ServerId Server, VolumeId Volume, bool Fresh);
