using Grpc.Core;

namespace DfsNet.Devices.Network;

/// <summary>The services behind one address, as their generated BindService methods report them.</summary>
internal sealed class DirectEndpoint : ServiceBinderBase
{
    private readonly Dictionary<string, Delegate> _handlers = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _dead = new();

    public CancellationToken Dead => _dead.Token;

    public void Kill() => _dead.Cancel();

    /// <summary>Null when the method is not implemented here.</summary>
    public T? Find<T>(string method)
        where T : Delegate => _handlers.GetValueOrDefault(method) as T;

    public override void AddMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, UnaryServerMethod<TRequest, TResponse>? handler) => Add(method.FullName, handler);

    public override void AddMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, ClientStreamingServerMethod<TRequest, TResponse>? handler) => Add(method.FullName, handler);

    public override void AddMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, ServerStreamingServerMethod<TRequest, TResponse>? handler) => Add(method.FullName, handler);

    public override void AddMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, DuplexStreamingServerMethod<TRequest, TResponse>? handler) => Add(method.FullName, handler);

    private void Add(string name, Delegate? handler)
    {
        if (handler is not null)
        {
            _handlers[name] = handler;
        }
    }
}
