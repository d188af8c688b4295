using System.Text;

namespace HubSpotMessaging.HubSpot.Api;

/// <summary>Loads the body of an answer, of which nothing is certain: neither its length nor what its headers say of it.</summary>
internal static class AnswerBody
{
    /// <summary>The longest body that is read, in bytes. A hundred contacts with all they may carry are far below.</summary>
    public const int MaximumLength = 32 * 1024 * 1024;

    /// <summary>What stands in place of a longer one: it cannot be read as HubSpot's words, so that the status alone counts.</summary>
    private const string TooLong = "The answer is longer than 32 MB.";

    /// <exception cref="HttpRequestException">It broke off.</exception>
    public static async Task LoadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        try
        {
            await response.Content.LoadIntoBufferAsync(MaximumLength, cancellationToken);
        }
        catch (HttpRequestException exception) when (exception.HttpRequestError == HttpRequestError.ConfigurationLimitExceeded)
        {
            response.Content.Dispose(); // And the connection with it: the rest is not waited for.
            response.Content = new StringContent(TooLong);
        }

        // JSON is UTF-8 whatever the header says (RFC 8259, 8.1 and 11); a name that .NET does not know would be an exception.
        if (response.Content.Headers.ContentType is { } type)
            type.CharSet = Encoding.UTF8.WebName;
    }
}
