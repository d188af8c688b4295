using Microsoft.Extensions.Options;

namespace HubSpotMessaging.Service.Operators;

/// <summary>Configuration section <c>Operator</c>.</summary>
internal sealed class OperatorOptions
{
    public const string Section = "Operator";

    /// <summary>Guards everything an operator does. Without it only direct requests from this machine, or container, are let in.</summary>
    public string? Key { get; set; }

    /// <summary>Where to POST an alert as JSON when a person is needed; http or https. Default none.</summary>
    public Uri? AlertWebhook { get; set; }
}

/// <summary>Says which setting is wrong. Never repeats it: the address of a webhook is a secret.</summary>
internal sealed class OperatorOptionsValidator : IValidateOptions<OperatorOptions>
{
    public ValidateOptionsResult Validate(string? name, OperatorOptions options) =>
        options.AlertWebhook is null or { IsAbsoluteUri: true, Scheme: "https" or "http" }
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail("Operator:AlertWebhook must be an absolute http(s) address.");
}
