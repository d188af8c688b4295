using HubSpotMessaging.Contracts;

namespace HubSpotMessaging.Service.Consumers;

/// <summary>
/// Ends a command as a dead letter. The message of the exception, which traces show, leaves out the words of the rejection, which may
/// name people.
/// </summary>
internal sealed class CommandRejectedException(CommandRejected rejection, Exception? innerException = null)
    : Exception($"{rejection.CommandType} rejected: {rejection.Category} (correlation id {rejection.CorrelationId ?? "none"}).", innerException)
{
    public CommandRejected Rejection { get; } = rejection;
}
