using DfsNet.MetaServer.Store;
using DfsNet.Protocol.Connections;
using DfsNet.Storage.Disk;
using Microsoft.Extensions.Logging;

namespace DfsNet.MetaServer;

/// <summary>What a metadata server runs on: its disk and stores, the network, time, randomness, logs.</summary>
internal sealed record NodeDevices(
    IDisk Disk, IStateStores Stores, IConnections Connections, TimeProvider Time, Random Random, ILoggerFactory Logs);
