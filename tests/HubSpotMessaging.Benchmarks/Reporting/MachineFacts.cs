using System.Runtime.InteropServices;
using System.Text;
using HubSpotMessaging.Testing;
using RabbitMQ.Client;
using StackExchange.Redis;

namespace HubSpotMessaging.Benchmarks.Reporting;

/// <summary>What the figures were measured on.</summary>
internal sealed record MachineFacts
{
    public required DateTimeOffset StartedAt { get; init; }

    public bool IsQuick { get; init; }

    public int Cores { get; } = Environment.ProcessorCount;

    public required string Processor { get; init; }

    public double MemoryGigabytes { get; } = Math.Round(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (double)(1 << 30), 1);

    public string System { get; } = RuntimeInformation.OSDescription;

    public string DotNet { get; } = Environment.Version.ToString();

    public required string RabbitMq { get; init; }

    public required string Redis { get; init; }

    /// <summary>What else kept the machine busy: its load averages of the last minutes, where the system tells.</summary>
    public string? LoadBefore { get; init; }

    /// <summary>Where the servers come from.</summary>
    public required string Servers { get; init; }

    public static async Task<MachineFacts> ReadAsync(TestServers servers, IConnectionMultiplexer redis)
    {
        const string load = "/proc/loadavg";
        await using var connection = await new ConnectionFactory { Uri = new Uri(servers.RabbitMqUri) }.CreateConnectionAsync();
        return new()
        {
            StartedAt = TimeProvider.System.GetUtcNow(),
            LoadBefore = File.Exists(load) ? string.Join(' ', (await File.ReadAllTextAsync(load)).Split(' ')[..3]) : null,
            Processor = await ReadProcessorAsync(),
            RabbitMq = connection.ServerProperties?["version"] is byte[] version ? Encoding.UTF8.GetString(version) : "?",
            Redis = redis.GetServers()[0].Version.ToString(),
            Servers = servers.Origin,
        };
    }

    private static async Task<string> ReadProcessorAsync()
    {
        const string information = "/proc/cpuinfo";
        var lines = File.Exists(information) ? await File.ReadAllLinesAsync(information) : [];
        return lines.FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim()
            ?? RuntimeInformation.ProcessArchitecture.ToString();
    }
}
