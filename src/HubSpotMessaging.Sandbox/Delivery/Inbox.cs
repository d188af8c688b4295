using System.Collections.Concurrent;
using HubSpotMessaging.Contracts;
using HubSpotMessaging.Sandbox.Samples;
using HubSpotMessaging.Service.Consumers;

namespace HubSpotMessaging.Sandbox.Delivery;

/// <summary>What the bus has said, for whoever waits for it.</summary>
internal sealed class Inbox
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource<Outcome>> _awaited = new(StringComparer.Ordinal);
    private readonly TaskCompletionSource<AuthorizationGranted> _granted = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Told when a person has to connect the service again.</summary>
    public Action<AuthorizationRequired>? OnConnectionLost { get; set; }

    /// <summary>Completes when the service has been connected for the first time.</summary>
    public Task<AuthorizationGranted> Connected => _granted.Task;

    /// <summary>The next outcome of a command; at most one at a time is waited for.</summary>
    public Task<Outcome> NextAsync(string commandId)
    {
        var outcome = new TaskCompletionSource<Outcome>(TaskCreationOptions.RunContinuationsAsynchronously);
        _awaited[Key(commandId)] = outcome;
        return outcome.Task;
    }

    public void Add(string commandId, Outcome outcome)
    {
        if (_awaited.TryRemove(Key(commandId), out var waiting))
            waiting.TrySetResult(outcome);
    }

    public void Add(AuthorizationGranted granted) => _granted.TrySetResult(granted);

    public void Add(AuthorizationRequired required)
    {
        if (required.Reason != AuthorizationLossReason.NotYetAuthorized)
            OnConnectionLost?.Invoke(required);
    }

    /// <summary>What an outcome is known by: as much of the command id as the service keeps.</summary>
    public static string Key(string commandId) => commandId.Length > CommandIdentity.LongestKey ? commandId[..CommandIdentity.LongestKey] : commandId;
}
