using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace HubSpotMessaging.IntegrationTests.Secrecy;

/// <summary>
/// Looks for secrets where none may be: for those it is given, plain or encoded as in an address or in JSON, and for whatever has the
/// form of the emulator's codes and tokens.
/// </summary>
internal sealed class SecretScan
{
    private const string Mask = "***";
    private const string Handle = "na1-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}";
    private const string AccessToken = @"(?<![\w-])[\w-]{256}(?![\w-])";

    /// <summary>What is shorter is no secret but a word that may stand anywhere.</summary>
    private const int ShortestSecret = 8;

    private readonly Regex _secret;

    /// <param name="secrets">What to look for; null and what is too short to be a secret are passed over.</param>
    public SecretScan(IEnumerable<string?> secrets)
    {
        var forms = secrets
            .OfType<string>()
            .Where(secret => secret.Length >= ShortestSecret)
            .SelectMany(Forms)
            .Distinct(StringComparer.Ordinal)
            .OrderByDescending(form => form.Length) // Else a part might be masked and the rest shown.
            .Select(Regex.Escape);
        _secret = new(
            string.Join('|', [.. forms, Handle, AccessToken]),
            RegexOptions.IgnoreCase | RegexOptions.CultureInvariant,
            matchTimeout: TimeSpan.FromSeconds(30));
    }

    /// <summary>Every line with a secret in it, the secret masked.</summary>
    /// <param name="place">Where the text is from.</param>
    /// <param name="text">Some lines.</param>
    public IEnumerable<string> Find(string place, string text)
    {
        if (!_secret.IsMatch(text))
            return [];

        return text.Split('\n').Index()
            .Where(line => _secret.IsMatch(line.Item))
            .Select(line => $"{place}, line {line.Index + 1}: {_secret.Replace(line.Item, Mask)}");
    }

    private static IEnumerable<string> Forms(string secret) =>
        [secret, Uri.EscapeDataString(secret), WebUtility.UrlEncode(secret), JsonEncodedText.Encode(secret).Value];
}
