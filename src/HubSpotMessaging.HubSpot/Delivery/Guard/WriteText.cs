using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using StackExchange.Redis;

namespace HubSpotMessaging.HubSpot.Delivery.Guard;

/// <summary>
/// A contact's write as <c>claim.lua</c> reads it, and the reading of what that answers. Properties of one version stand together,
/// which is nearly always all of them; their names are sorted, so that the next write of the same properties is recognized at a glance.
/// </summary>
internal sealed class WriteText
{
    /// <summary>Ends a name, or a version, which it separates from its names. No byte of UTF-8 text, so that nothing need be escaped.</summary>
    private const byte EndOfName = 0xFE;

    /// <summary>Ends the names of a version.</summary>
    private const byte EndOfVersion = 0xFF;

    private readonly List<(WriteVersion Version, List<string> Names)> _versions = [];

    /// <exception cref="ArgumentException">There is nothing to write.</exception>
    public WriteText(GuardedWrite write)
    {
        if (write.Properties.Count == 0)
            throw new ArgumentException("A contact is written without properties; at least its e-mail is one.", nameof(write));

        foreach (var (name, version) in write.Properties)
            NamesOf(version).Add(name);

        var buffer = new ArrayBufferWriter<byte>(256);
        foreach (var (version, names) in _versions)
        {
            Write(buffer, version.Text, EndOfName);
            names.Sort(StringComparer.Ordinal);
            foreach (var name in names)
                Write(buffer, name, EndOfName);
            Write(buffer, "", EndOfVersion);
        }

        Value = buffer.WrittenMemory;
    }

    /// <summary>For the script.</summary>
    public RedisValue Value { get; }

    /// <summary>What the script has answered.</summary>
    public Claim Read(string answer)
    {
        if (answer is "B" or "D")
            return new Claim.Busy(IsDoubtful: answer == "D");

        var end = answer.IndexOf(' ', StringComparison.Ordinal);
        var standings = ReadStandings(answer);
        return answer.AsSpan(0, end).ContainsAny('A', 'N')
            ? new Claim.ToWrite(standings)
            : new Claim.NothingToWrite(standings, answer[(end + 1)..], answer.AsSpan(0, end).Contains('C'));
    }

    /// <summary>How each property stands, by an answer that has letters.</summary>
    public IReadOnlyDictionary<string, Standing> ReadStandings(string answer)
    {
        ReadOnlySpan<char> letters = answer;
        var standings = new Dictionary<string, Standing>(_versions.Sum(version => version.Names.Count), StringComparer.Ordinal);
        foreach (var (_, names) in _versions)
        {
            var areNewer = letters[0] == 'A';
            for (var position = 0; position < names.Count; position++)
                standings.Add(names[position], areNewer ? Standing.Newer : StandingOf(letters[position]));
            letters = letters[(areNewer ? 1 : names.Count)..];
        }

        return standings;
    }

    private static Standing StandingOf(char letter) => letter switch
    {
        'N' => Standing.Newer,
        'O' => Standing.Outdated,
        _ => Standing.Written,
    };

    private List<string> NamesOf(WriteVersion version)
    {
        foreach (var known in CollectionsMarshal.AsSpan(_versions))
            if (known.Version == version)
                return known.Names;
        _versions.Add((version, []));
        return _versions[^1].Names;
    }

    private static void Write(ArrayBufferWriter<byte> buffer, string text, byte end)
    {
        Encoding.UTF8.GetBytes(text, buffer);
        buffer.GetSpan(1)[0] = end;
        buffer.Advance(1);
    }
}
