using HubSpotMessaging.HubSpot.Api;
using HubSpotMessaging.HubSpot.Api.OAuth;
using HubSpotMessaging.HubSpot.Line;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace HubSpotMessaging.HubSpot.Authorization;

/// <summary>
/// The tokens of this process: requests use the access token in memory, and everybody here who finds it used up shares one renewal,
/// which no single caller can cancel.
/// </summary>
public sealed partial class TokenKeeper : IAccessTokens
{
    private static readonly TimeSpan LeasePoll = TimeSpan.FromMilliseconds(100);

    private readonly TokenStore _store;
    private readonly TokenRenewal _renewal;
    private readonly OAuthClient _oauth;
    private readonly TimeProvider _time;
    private readonly ILogger<TokenKeeper> _logger;
    private readonly long? _configuredPortal;

    private readonly Lock _gate = new();
    private Task<HeldTokens>? _renewing;
    private HeldTokens? _current;
    private HeldTokens? _last;
    private string? _refused;
    private int _changesByPersons;

    /// <summary>Keeps no tokens yet.</summary>
    internal TokenKeeper(
        TokenStore store, TokenRenewal renewal, OAuthClient oauth, IOptions<HubSpotOptions> options, TimeProvider time, ILogger<TokenKeeper> logger) =>
        (_store, _renewal, _oauth, _time, _logger, _configuredPortal) = (store, renewal, oauth, time, logger, options.Value.PortalId);

    /// <summary>The account (portal) that the service is connected to, as far as this replica knows.</summary>
    public long? PortalId => Volatile.Read(ref _last)?.Tokens.PortalId ?? _configuredPortal;

    /// <summary>Names the consent of a person to which this replica's tokens go back; null before the first.</summary>
    public string? Grant => Volatile.Read(ref _last)?.Tokens.Grant?.ToString();

    /// <summary>Whether this replica has an access token that is alive.</summary>
    public bool IsAuthorized => Volatile.Read(ref _current)?.IsAlive == true;

    /// <summary>How old the access token is; null while there is none.</summary>
    public TimeSpan? Age => Volatile.Read(ref _current)?.Age;

    /// <summary>When the access token is due; null while there is none.</summary>
    internal TimeSpan? DueIn => Volatile.Read(ref _current)?.DueIn;

    /// <inheritdoc/>
    public async ValueTask<TokenSet> GetAsync(CancellationToken cancellationToken) =>
        Volatile.Read(ref _current) is { IsAlive: true } current ? current.Tokens : await RenewAsync(cancellationToken);

    /// <inheritdoc/>
    public async Task<TokenSet> ReplaceAsync(AccessToken refused, CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _current) is { IsAlive: true } current && current.Tokens.AccessToken != refused)
            return current.Tokens;

        Volatile.Write(ref _refused, refused.Value); // Never to be given out again, whatever comes of asking for another one.
        Volatile.Write(ref _current, null);

        // A renewal that was under way already need not have known of the refusal.
        var renewed = await RenewAsync(cancellationToken);
        return renewed.AccessToken != refused ? renewed : await RenewAsync(cancellationToken);
    }

    /// <summary>Looks what is stored now, and does what has to be done about it: refreshes what is due, adopts, repairs.</summary>
    /// <exception cref="AuthorizationUnavailableException">There are no tokens to be had.</exception>
    public async Task LookAsync(CancellationToken cancellationToken)
    {
        await SettledAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // It looked earlier.
        await RenewAsync(cancellationToken);
    }

    /// <summary>Waits until nothing is under way of which a token could be lost.</summary>
    public Task SettledAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
            return (_renewing ?? Task.CompletedTask).WaitAsync(cancellationToken);
    }

    /// <summary>
    /// Stores what a person granted. Null when it is for another account than the first one, to which an installation belongs unless
    /// <see cref="HubSpotOptions.PortalId"/> says otherwise.
    /// </summary>
    /// <exception cref="RedisException">Redis cannot be reached.</exception>
    public async Task<TokenSet?> GrantAsync(TokenResponse response, long portalId, IReadOnlyList<string> scopes)
    {
        ArgumentNullException.ThrowIfNull(response);
        var (known, last) = (await _store.ReadAsync(), Volatile.Read(ref _last)?.Tokens);
        var tokens = new TokenSet
        {
            AccessToken = response.AccessToken,
            RefreshToken = response.RefreshToken,
            Lifetime = TimeSpan.FromSeconds(response.ExpiresIn),
            GeneratedAt = _time.GetUtcNow(),
            PortalId = portalId,
            Scopes = scopes.Count == 0 ? null : string.Join(' ', scopes),
            Generation = Math.Max(known.Generation, last?.Generation ?? 0) + 1,
            Grant = Authorization.Grant.After(_time, known.Grant, last?.Grant),
            Origin = TokenOrigin.Granted,
        };
        if (!await _store.GrantAsync(tokens, isPinned: _configuredPortal is null, new AuthorizationGiven(portalId, scopes)))
            return null;

        Hold(new HeldTokens(tokens, _time));
        return tokens;
    }

    /// <summary>Takes the grant back at HubSpot, and forgets the tokens here.</summary>
    /// <exception cref="RedisException">Redis cannot be reached.</exception>
    public async Task<DisconnectResult> DisconnectAsync()
    {
        while (true)
        {
            var stored = await _store.ReadAsync();
            if (stored.IsUnreadable)
                return new DisconnectResult.NotConfirmed(new() { Message = "The tokens cannot be read here, so that they cannot be taken back either." });
            if (stored.Tokens is not { } tokens)
                return new DisconnectResult.NothingToDo();

            // Not while somebody refreshes: what HubSpot gives out then would live on.
            var attempt = Guid.NewGuid().ToString("N");
            if (await _store.BeginAsync(attempt, stored, _renewal.Lease, _renewal.Lease) is Beginning.Taken or Beginning.Changed)
            {
                await Task.Delay(LeasePoll, _time);
                continue;
            }

            try
            {
                // Version 1 says so when it does not know a token any more; the others say yes to that, too.
                var answer = await _oauth.RevokeAsync(tokens.RefreshToken, CancellationToken.None);
                if (!answer.Succeeded && answer.Kind != AnswerKind.NotFound)
                    return new DisconnectResult.NotConfirmed(answer.Problem);

                if (await _store.LoseAsync(AuthorizationLoss.Revoked, stored, forget: true) is not Losing.Lost)
                    continue; // Other tokens have come meanwhile, which are to be taken back, too.
            }
            finally
            {
                await _store.SettleAsync(attempt, TimeSpan.Zero);
            }

            Hold(null);
            return new DisconnectResult.Done();
        }
    }

    private async Task<TokenSet> RenewAsync(CancellationToken cancellationToken) => (await ShareRenewal().WaitAsync(cancellationToken)).Tokens;

    private Task<HeldTokens> ShareRenewal()
    {
        lock (_gate)
            return _renewing = _renewing is null or { IsCompleted: true } ? RenewForAllAsync() : _renewing;
    }

    private async Task<HeldTokens> RenewForAllAsync()
    {
        await Task.Yield(); // Leaves the lock before anything else happens.
        while (true)
        {
            var changes = Volatile.Read(ref _changesByPersons);
            AuthorizationUnavailableException? why = null;
            HeldTokens? renewed = null;
            try
            {
                renewed = await _renewal.RenewAsync(Volatile.Read(ref _last), Volatile.Read(ref _refused) is { } refused ? new AccessToken(refused) : null);
            }
            catch (AuthorizationUnavailableException exception)
            {
                why = exception;
            }
            catch (Exception exception) when (exception is RedisException or RedisTimeoutException)
            {
                why = new("Redis, where the tokens are, does not answer.", exception);
            }
#pragma warning disable CA1031 // Whatever goes wrong here is no fault of a command.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                LogFailed(exception.GetType().Name);
                why = new($"The tokens cannot be had: {exception.GetType().Name}.", exception);
            }

            lock (_gate)
            {
                if (changes != _changesByPersons)
                    continue; // A person has done something in the meantime, which this did not know yet.
                _current = renewed;
                _last = renewed ?? _last;
                return renewed ?? throw why!;
            }
        }
    }

    /// <summary>What a person has done counts at once, and more than what was under way.</summary>
    private void Hold(HeldTokens? tokens)
    {
        lock (_gate)
        {
            _changesByPersons++;
            _current = tokens;
            _last = tokens ?? _last; // To tell whose outcomes they are, and what Redis ought to hold, while there is no authorization.
        }
    }

    [LoggerMessage(LogLevel.Error, "The tokens cannot be had: {Exception}")]
    private partial void LogFailed(string exception);
}

/// <summary>How taking the authorization back ends.</summary>
public abstract record DisconnectResult
{
    private DisconnectResult()
    {
    }

    /// <summary>HubSpot does not honour the tokens any more, and they are forgotten here.</summary>
    public sealed record Done : DisconnectResult;

    /// <summary>There were no tokens.</summary>
    public sealed record NothingToDo : DisconnectResult;

    /// <summary>HubSpot did not confirm it; nothing has changed.</summary>
    public sealed record NotConfirmed(HubSpotProblem Problem) : DisconnectResult;
}
