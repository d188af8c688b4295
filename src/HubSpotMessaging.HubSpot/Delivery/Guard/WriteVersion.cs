using System.Globalization;

namespace HubSpotMessaging.HubSpot.Delivery.Guard;

/// <summary>
/// Since when a value is true, in a total order: what was only received loses to what is known, the later moment wins, and between two
/// of one moment the idempotency key decides.
/// </summary>
/// <param name="Text">Compares as its UTF-8 bytes do, here as in Redis.</param>
public readonly record struct WriteVersion(string Text) : IComparable<WriteVersion>
{
    /// <summary>Of a command that says, or whose publisher says, since when it is true.</summary>
    public static WriteVersion Known(DateTimeOffset occurredAt, string key) => Of('1', occurredAt, key);

    /// <summary>Of a command of which only the moment is known when it was first received.</summary>
    public static WriteVersion Received(DateTimeOffset receivedAt, string key) => Of('0', receivedAt, key);

    /// <inheritdoc/>
    public int CompareTo(WriteVersion other)
    {
        ReadOnlySpan<char> mine = Text, others = other.Text;
        var same = mine.CommonPrefixLength(others);
        return same == mine.Length || same == others.Length
            ? mine.Length.CompareTo(others.Length)
            : Rank(mine[same]).CompareTo(Rank(others[same]));
    }

    /// <summary>Whether one is older.</summary>
    public static bool operator <(WriteVersion one, WriteVersion other) => one.CompareTo(other) < 0;

    /// <summary>Whether one is newer.</summary>
    public static bool operator >(WriteVersion one, WriteVersion other) => one.CompareTo(other) > 0;

    /// <summary>Whether one is not newer.</summary>
    public static bool operator <=(WriteVersion one, WriteVersion other) => one.CompareTo(other) <= 0;

    /// <summary>Whether one is not older.</summary>
    public static bool operator >=(WriteVersion one, WriteVersion other) => one.CompareTo(other) >= 0;

    /// <summary>
    /// Puts the surrogates, of which UTF-16 makes the characters beyond U+FFFF, behind all others: so they stand in UTF-8, whose bytes Redis
    /// compares.
    /// </summary>
    private static int Rank(char unit) => char.IsSurrogate(unit) ? unit + char.MaxValue : unit;

    /// <summary>Microseconds, as many digits as there can be.</summary>
    private static WriteVersion Of(char kind, DateTimeOffset moment, string key) =>
        new(string.Create(CultureInfo.InvariantCulture, $"{kind}{moment.UtcTicks / TimeSpan.TicksPerMicrosecond:D18}{key}"));
}
