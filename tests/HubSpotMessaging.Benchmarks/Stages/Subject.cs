using System.Diagnostics;
using HubSpotMessaging.Testing;

namespace HubSpotMessaging.Benchmarks.Stages;

/// <summary>What is measured: the service or a baseline, as processes.</summary>
internal sealed class Subject(string name, IReadOnlyList<ServiceProcess> processes)
{
    public string Name => name;

    /// <summary>What the processes have used since they started, all together.</summary>
    public Usage Measure()
    {
        var used = processes.Select(started =>
        {
            using var process = Process.GetProcessById(started.Pid);
            return new Usage(process.TotalProcessorTime, process.PeakWorkingSet64);
        }).ToList();
        return new(TimeSpan.FromTicks(used.Sum(usage => usage.Cpu.Ticks)), used.Sum(usage => usage.PeakMemory));
    }
}

/// <summary>Processor time (user and system), and the most memory that was resident at once, in bytes.</summary>
internal sealed record Usage(TimeSpan Cpu, long PeakMemory);
