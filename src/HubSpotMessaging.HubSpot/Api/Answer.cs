using System.Diagnostics.CodeAnalysis;

namespace HubSpotMessaging.HubSpot.Api;

/// <summary>HubSpot's answer to one call, classified. Protocol failures are values here, not exceptions.</summary>
/// <typeparam name="T">The body of a successful answer.</typeparam>
/// <param name="Kind">What the answer means.</param>
/// <param name="Value">The body; only with <see cref="AnswerKind.Done"/> and <see cref="AnswerKind.Mixed"/>.</param>
/// <param name="Problem">What HubSpot, or the network, said otherwise.</param>
/// <param name="CorrelationId">HubSpot's id of this answer; the problems inside a batch have none of their own.</param>
public sealed record Answer<T>(AnswerKind Kind, T? Value, HubSpotProblem? Problem, string? CorrelationId)
    where T : class
{
    /// <summary>Whether HubSpot did what was asked, or at least says what it did with each part of it.</summary>
    [MemberNotNullWhen(true, nameof(Value))]
    [MemberNotNullWhen(false, nameof(Problem))]
    public bool Succeeded => Kind is AnswerKind.Done or AnswerKind.Mixed;

    /// <summary>
    /// Whether HubSpot may have done it although it did not say so: repeating it is only right for what may be done twice. HubSpot's own
    /// 503, which has its correlation id, is taken to mean that it was not able to handle the request (RFC 9110, 15.6.4); that of a gateway, and
    /// other errors of a server, leave it open.
    /// </summary>
    public bool IsUncertain => Kind is AnswerKind.Unreadable or AnswerKind.NoAnswer || (Kind == AnswerKind.Unavailable && !IsUnableToHandle);

    private bool IsUnableToHandle => Problem?.Status == 503 && CorrelationId is not null;
}

/// <summary>The body of an answer that has none.</summary>
public sealed record NoContent
{
    /// <summary>The only one there is.</summary>
    public static NoContent Value { get; } = new();
}
