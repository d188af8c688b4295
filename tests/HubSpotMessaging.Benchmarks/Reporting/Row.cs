using System.Text.Json.Serialization;

namespace HubSpotMessaging.Benchmarks.Reporting;

/// <summary>One figure.</summary>
internal sealed record Row
{
    /// <summary>The scenario's name.</summary>
    public required string Scenario { get; init; }

    /// <summary>Under which circumstances.</summary>
    public required string Case { get; init; }

    /// <summary>The service, with its replicas, or a baseline.</summary>
    public required string Subject { get; init; }

    public required string Metric { get; init; }

    public required string Unit { get; init; }

    /// <summary>Null when it could not be measured.</summary>
    public double? Value { get; init => field = Known(value); }

    /// <summary>What the baseline came to in the same run.</summary>
    public double? Baseline { get; init => field = Known(value); }

    /// <summary>Which baseline.</summary>
    public string? BaselineName { get => Baseline is null ? null : field; init; }

    public double? Ratio => Baseline is null or 0 ? null : Value / Baseline;

    [JsonIgnore]
    public Target? Goal { get; init; }

    public string? Target => Goal?.ToString();

    public bool? Met => Goal is null ? null : Goal.OfRatio ? Goal.IsMet(Ratio) : Goal.IsMet(Value);

    private static double? Known(double? value) => value is { } number && double.IsFinite(number) ? number : null;
}

/// <summary>What a figure should come to.</summary>
internal sealed record Target(double Bound, bool AtLeast, bool OfRatio = false)
{
    public static Target Least(double bound) => new(bound, AtLeast: true);

    public static Target Most(double bound) => new(bound, AtLeast: false);

    /// <summary>At least this part of the baseline's figure.</summary>
    public static Target LeastRatio(double bound) => new(bound, AtLeast: true, OfRatio: true);

    public bool IsMet(double? value) => value is { } number && (AtLeast ? number >= Bound : number <= Bound);

    public override string ToString() => $"{(AtLeast ? ">=" : "<=")} {Report.Format(Bound)}{(OfRatio ? " of the baseline" : "")}";
}
