namespace DfsNet.Client.Data;

/// <summary>Why a chunk writer did not take bytes.</summary>
internal enum AppendRefusal
{
    /// <summary>It took them.</summary>
    None,

    /// <summary>A whole window is unacknowledged: wait for one of the appends.</summary>
    WindowFull,

    /// <summary>They do not fit any more, or the chain is over: take another chunk.</summary>
    Over,
}
