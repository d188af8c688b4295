using HubSpotMessaging.HubSpot.Line;

namespace HubSpotMessaging.Service.Operators.Status;

/// <summary>How everything stands.</summary>
/// <param name="At">When it was looked at, by the service's clock.</param>
/// <param name="Connection">Whether the service is connected to HubSpot.</param>
/// <param name="Delivers">Whether commands of all types are delivered, as far as this replica can tell.</param>
/// <param name="ReachesBroker">Whether this replica, which was asked, reaches RabbitMQ.</param>
/// <param name="Reasons">The reasons for which commands wait.</param>
/// <param name="Queues">The queues; empty when no replica looks at them at the moment.</param>
/// <param name="Quota">The account's window of requests; null before anything is known of it.</param>
/// <param name="Outcomes">How commands have ended in the last 60 minutes, the oldest first.</param>
/// <param name="DeadLetters">How many dead letters there are.</param>
/// <param name="ReadsDeadLetters">Whether a replica reads the dead letters at the moment, and carries out what is asked for.</param>
internal sealed record OperatorStatus(
    DateTimeOffset At,
    ConnectionStatus Connection,
    bool Delivers,
    bool ReachesBroker,
    IReadOnlyList<PauseReason> Reasons,
    IReadOnlyList<QueueStatus> Queues,
    QuotaStatus? Quota,
    IReadOnlyList<MinuteOfOutcomes> Outcomes,
    long DeadLetters,
    bool ReadsDeadLetters);

/// <summary>How commands flow.</summary>
/// <param name="Reasons">The reasons for which commands wait.</param>
/// <param name="Queues">The queues; empty when no replica looks at them at the moment.</param>
/// <param name="Quota">The account's window of requests; null before anything is known of it.</param>
internal sealed record CommandFlow(IReadOnlyList<PauseReason> Reasons, IReadOnlyList<QueueStatus> Queues, QuotaStatus? Quota);

/// <summary>Whether the service is connected to HubSpot.</summary>
/// <param name="State"><c>Connected</c>, or what is in the way.</param>
/// <param name="Title">The same in words.</param>
/// <param name="Sentence">What is to be done, if anything.</param>
/// <param name="PortalId">The account, while connected.</param>
/// <param name="WantsConnecting">Whether a person can mend it by connecting.</param>
/// <param name="Scopes">What HubSpot granted, as far as it has told.</param>
/// <param name="TokenObtainedAt">When the access token was issued.</param>
/// <param name="TokenExpiresAt">When it ends; it is refreshed before.</param>
internal sealed record ConnectionStatus(
    string State,
    string Title,
    string Sentence,
    long? PortalId,
    bool WantsConnecting,
    IReadOnlyList<string>? Scopes,
    DateTimeOffset? TokenObtainedAt,
    DateTimeOffset? TokenExpiresAt);

/// <summary>A queue.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Waiting">How many commands wait in it, other than those that a replica has already taken.</param>
/// <param name="DeadLetters">How many of its commands are dead letters.</param>
/// <param name="OldestSeconds">For how long the oldest has been waiting at most; null when none waits, or nobody knows.</param>
/// <param name="DrainSeconds">In how long they are with HubSpot at the present quota; null when none waits, or while its commands are paused.</param>
internal sealed record QueueStatus(string Name, long Waiting, int DeadLetters, double? OldestSeconds, double? DrainSeconds);

/// <summary>The account's rolling window of requests.</summary>
/// <param name="Max">How many HubSpot allows in it.</param>
/// <param name="WindowSeconds">How long it is.</param>
/// <param name="Used">How many of them this service has in it now.</param>
/// <param name="Others">How many others use with the app's tokens.</param>
internal sealed record QuotaStatus(int Max, double WindowSeconds, int Used, int Others);
