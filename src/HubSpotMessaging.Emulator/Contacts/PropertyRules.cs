using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using HubSpotMessaging.Emulator.Wire;

namespace HubSpotMessaging.Emulator.Contacts;

/// <summary>Which values a property takes, and how they are kept.</summary>
internal static partial class PropertyRules
{
    /// <summary>The values as they will be kept ("" clears), or what is wrong with them.</summary>
    public static (Dictionary<string, string> Values, List<PropertyProblem> Problems) Check(
        IReadOnlyDictionary<string, string?> properties, PropertyRegistry definitions)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        var problems = new List<PropertyProblem>();
        foreach (var (name, given) in properties)
        {
            var (value, problem) = Check(definitions.Find(name), name, given ?? "");
            if (problem is null) values[name] = value;
            else problems.Add(problem);
        }

        return (values, problems);
    }

    public static bool IsEmail(string text) => EmailPattern.IsMatch(text);

    private static (string Value, PropertyProblem? Problem) Check(PropertyDefinition? definition, string name, string given)
    {
        if (definition is null) return Refuse(name, "PROPERTY_DOESNT_EXIST", $"Property \"{name}\" does not exist");
        if (definition.ReadOnly) return Refuse(name, "READ_ONLY_VALUE", $"\"{name}\" is a read only property; its value cannot be set.");
        if (given.Length == 0) return ("", null);
        if (name == PropertyNames.Email)
        {
            var email = Contact.NormalizeEmail(given);
            return IsEmail(email) ? (email, null) : Refuse(name, "INVALID_EMAIL", $"Email address {given} is invalid");
        }

        return definition.Type switch
        {
            PropertyType.Number => CheckNumber(name, given),
            PropertyType.Bool => CheckOptions(name, given.ToLowerInvariant(), ["true", "false"]),
            PropertyType.Date => CheckDate(name, given),
            PropertyType.DateTime => CheckInstant(name, given),
            PropertyType.Enumeration when definition.AllowsSeveral => CheckOptions(name, given.Trim(';'), definition.Options, ';'),
            PropertyType.Enumeration => CheckOptions(name, given, definition.Options),
            _ => (given, null),
        };
    }

    private static (string Value, PropertyProblem? Problem) CheckNumber(string name, string given) =>
        decimal.TryParse(given, NumberStyles.Float, CultureInfo.InvariantCulture, out _)
            ? (given, null)
            : Refuse(name, "INVALID_INTEGER", $"{name} was not a valid number");

    private static (string Value, PropertyProblem? Problem) CheckOptions(
        string name, string given, IReadOnlyList<string> options, params char[] separators)
    {
        var chosen = separators.Length == 0 ? [given] : given.Split(separators);
        return chosen.All(choice => options.Contains(choice, StringComparer.Ordinal))
            ? (given, null)
            : Refuse(name, "INVALID_OPTION", $"{given} was not one of the allowed options: [{string.Join(", ", options)}]");
    }

    private static (string Value, PropertyProblem? Problem) CheckDate(string name, string given)
    {
        if (DateOnly.TryParseExact(given, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _)) return (given, null);
        if (TryParseMilliseconds(given, out var instant) && instant.TimeOfDay == TimeSpan.Zero)
            return (instant.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), null);
        return Refuse(name, "INVALID_DATE", $"{given} was not a valid date; it must be yyyy-MM-dd or midnight UTC in milliseconds");
    }

    private static (string Value, PropertyProblem? Problem) CheckInstant(string name, string given)
    {
        const DateTimeStyles Utc = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;
        if (TryParseMilliseconds(given, out var instant) ||
            (given.Length >= 10 && DateTimeOffset.TryParse(given, CultureInfo.InvariantCulture, Utc, out instant)))
            return (instant.ToWire(), null);
        return Refuse(name, "INVALID_DATE", $"{given} was not a valid date and time; it must be ISO 8601 or milliseconds");
    }

    private static bool TryParseMilliseconds(string given, out DateTimeOffset instant)
    {
        instant = default;
        return long.TryParse(given, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var milliseconds) &&
            Instants.TryFromMilliseconds(milliseconds, out instant);
    }

    private static (string Value, PropertyProblem? Problem) Refuse(string name, string code, string message) =>
        ("", new PropertyProblem(name, code, message));

    [GeneratedRegex(
        @"^[^@\s,;<>]+@[^@\s,;<>.]+(\.[^@\s,;<>.]+)+$",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex EmailPattern { get; }
}

internal sealed record PropertyProblem(string Name, string Code, string Message)
{
    /// <summary>The message in which HubSpot repeats the details as JSON.</summary>
    public static string Describe(IEnumerable<PropertyProblem> problems) =>
        "Property values were not valid: " + JsonSerializer.Serialize(
            problems.Select(problem => new
            {
                IsValid = false,
                problem.Message,
                Error = problem.Code,
                problem.Name,
                LocalizedErrorMessage = problem.Message,
            }),
            HubSpotJson.Options);

    public ErrorDetail ToDetail() => new(Message) { Code = Code, Context = ErrorContext.Of("propertyName", Name) };
}
