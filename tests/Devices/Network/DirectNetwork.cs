using System.Collections.Concurrent;
using DfsNet.Protocol.Connections;
using Grpc.Core;

namespace DfsNet.Devices.Network;

/// <summary>Addresses and the services that listen there, all in this process. Calls run the real marshallers and handlers.</summary>
public sealed class DirectNetwork(TimeProvider time) : IConnections
{
    private readonly ConcurrentDictionary<string, DirectEndpoint> _endpoints = new(StringComparer.Ordinal);

    public CallInvoker Control(string address) => new DirectInvoker(this, address, time);

    public CallInvoker Bulk(string address) => new DirectInvoker(this, address, time);

    /// <summary>Services begin to listen; <paramref name="bind"/> calls the generated BindService of each.</summary>
    public void Listen(string address, Action<ServiceBinderBase> bind)
    {
        var endpoint = new DirectEndpoint();
        bind(endpoint);
        _endpoints[address] = endpoint;
    }

    /// <summary>The process behind the address dies: its running calls break, new ones find nobody.</summary>
    public void Kill(string address)
    {
        if (_endpoints.TryRemove(address, out var endpoint))
        {
            endpoint.Kill();
        }
    }

    internal DirectEndpoint? Find(string address) => _endpoints.GetValueOrDefault(address);
}
