using System.Text.RegularExpressions;

namespace HubSpotMessaging.Emulator.Recording;

/// <summary>Takes secrets out of what is recorded: form and query fields that hold them, and tokens in a path.</summary>
internal static partial class SecretMask
{
    private const string Mask = "***";

    /// <summary>A form with its secrets masked. A body that is none is masked whole, as nobody knows where its secrets are.</summary>
    public static string InForm(string body) => Form.IsMatch(body) ? InFields(body) : Mask;

    public static string InTarget(string target) =>
        InFields(TokenInPath.Replace(target, match => match.Groups["name"].Value + Mask));

    public static string InFields(string fields) => SecretField.Replace(fields, match => match.Groups["name"].Value + Mask);

    [GeneratedRegex(
        @"^((^|&)\w+=[^&]*)*$",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex Form { get; }

    [GeneratedRegex(
        "(?<name>(?:^|[?&])(?:client_secret|code|code_verifier|client_assertion|refresh_token|access_token|token|hapikey)=)[^&]*",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex SecretField { get; }

    [GeneratedRegex(
        "(?<name>/oauth/[^/]+/(?:access|refresh)-tokens/)[^/?]+",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex TokenInPath { get; }
}
