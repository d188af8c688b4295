namespace HubSpotMessaging.Service.Operators;

/// <summary>Configuration section <c>Operator</c>.</summary>
internal sealed class OperatorOptions
{
    public const string Section = "Operator";

    /// <summary>Guards everything an operator does. Without it only direct requests from this machine, or container, are let in.</summary>
    public string? Key { get; set; }
}
