using System.Text.Json;
using System.Text.Json.Serialization;

namespace HubSpotMessaging.HubSpot.Api.OAuth;

/// <summary>An access token. Its <see cref="ToString"/> does not tell it, so that it reaches no log by accident.</summary>
/// <param name="Value">The secret itself.</param>
[JsonConverter(typeof(AccessTokenConverter))]
public readonly record struct AccessToken(string Value)
{
    /// <summary>Whether there is none, or none that a header can carry: tokens are printable ASCII (RFC 6749, A.12).</summary>
    public bool IsEmpty => !TokenText.IsToken(Value);

    /// <summary>Never the secret.</summary>
    public override string ToString() => "[access token]";
}

/// <summary>A refresh token. Its <see cref="ToString"/> does not tell it, so that it reaches no log by accident.</summary>
/// <param name="Value">The secret itself.</param>
[JsonConverter(typeof(RefreshTokenConverter))]
public readonly record struct RefreshToken(string Value)
{
    /// <summary>Whether there is none, or nothing that can be one: tokens are printable ASCII (RFC 6749, A.17).</summary>
    public bool IsEmpty => !TokenText.IsToken(Value);

    /// <summary>Never the secret.</summary>
    public override string ToString() => "[refresh token]";
}

internal static class TokenText
{
    public static bool IsToken(string? value) => !string.IsNullOrEmpty(value) && !value.AsSpan().ContainsAnyExceptInRange('!', '~');
}

internal sealed class AccessTokenConverter : JsonConverter<AccessToken>
{
    public override AccessToken Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => new(reader.GetString() ?? "");

    public override void Write(Utf8JsonWriter writer, AccessToken value, JsonSerializerOptions options) =>
        throw new NotSupportedException("An access token is never written as JSON.");
}

internal sealed class RefreshTokenConverter : JsonConverter<RefreshToken>
{
    public override RefreshToken Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => new(reader.GetString() ?? "");

    public override void Write(Utf8JsonWriter writer, RefreshToken value, JsonSerializerOptions options) =>
        throw new NotSupportedException("A refresh token is never written as JSON.");
}
