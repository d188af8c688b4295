namespace HubSpotMessaging.Emulator.OAuth;

/// <summary>A refusal of the OAuth endpoints, in RFC 6749's words and in HubSpot's older ones.</summary>
internal sealed class OAuthException(string error, string legacyStatus, string message) : Exception(message)
{
    public string Error { get; } = error;

    public string LegacyStatus { get; } = legacyStatus;

    public IResult ToResult() => TypedResults.Json(
        new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["error"] = Error,
            ["error_description"] = Message,
            ["status"] = LegacyStatus,
            ["message"] = Message,
        },
        statusCode: StatusCodes.Status400BadRequest);

    public static OAuthException BadRefreshToken() =>
        new("invalid_grant", "BAD_REFRESH_TOKEN", "refresh token is invalid, expired or revoked");

    public static OAuthException BadCode() =>
        new("invalid_grant", "BAD_AUTH_CODE", "auth code is invalid, expired or already used");

    public static OAuthException OtherRedirectUri() =>
        new("invalid_grant", "MISMATCH_REDIRECT_URI_AUTH_CODE", "redirect_uri is not the one the auth code was issued for");

    public static OAuthException BadVerifier() =>
        new("invalid_grant", "BAD_CODE_VERIFIER", "code_verifier does not answer the code_challenge");

    public static OAuthException BadClientId() => new("invalid_client", "BAD_CLIENT_ID", "missing or unknown client id");

    public static OAuthException BadClientSecret() => new("invalid_client", "BAD_CLIENT_SECRET", "missing or wrong client secret");

    public static OAuthException BadGrantType() =>
        new("unsupported_grant_type", "BAD_GRANT_TYPE", "missing or unknown grant type");

    public static OAuthException Missing(string field) => new("invalid_request", "BAD_REQUEST", $"missing {field}");
}
