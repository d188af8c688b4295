using HubSpotMessaging.Contracts;

namespace HubSpotMessaging.Service.Consumers;

/// <summary>
/// Ends a command as a dead letter. The message of the exception, which traces show, leaves out the words of the rejection, which may
/// name people.
/// </summary>
internal sealed class CommandRejectedException(CommandRejected rejection, CommandIdentity command)
    : Exception($"{rejection.CommandType} rejected: {rejection.Category} (correlation id {rejection.CorrelationId ?? "none"}).")
{
    public CommandRejected Rejection { get; } = rejection;

    public CommandIdentity Command { get; } = command;
}
