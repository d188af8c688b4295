namespace HubSpotMessaging.HubSpot.Api;

/// <summary>The body of a batch call.</summary>
/// <typeparam name="T">One input.</typeparam>
/// <param name="Inputs">At most 100 contacts or timeline events; ids must be unique.</param>
public sealed record BatchRequest<T>(IReadOnlyList<T> Inputs);

/// <summary>
/// The answer to a batch call. Results come in any order: match them by trace id or by id, never by position. An input may be in
/// neither list.
/// </summary>
/// <typeparam name="T">One result.</typeparam>
public sealed record BatchResponse<T>
{
    /// <summary>What was done.</summary>
    public IReadOnlyList<T> Results { get; init => field = [.. (value ?? []).Where(result => result is not null)]; } = [];

    /// <summary>What was refused; only with status 207.</summary>
    public IReadOnlyList<HubSpotProblem> Errors { get; init => field = [.. (value ?? []).Where(problem => problem is not null)]; } = [];
}
