using System.Diagnostics;
using HubSpotMessaging.Testing;

namespace HubSpotMessaging.Benchmarks.Stages;

/// <summary>What is measured: the service or a baseline, as processes.</summary>
internal sealed class Subject(string name, IReadOnlyList<ServiceProcess> processes)
{
    // As Linux counts them.
    private const int SigStop = 19;
    private const int SigCont = 18;

    public string Name => name;

    /// <summary>Lets nothing in the processes run until <see cref="Thaw"/>.</summary>
    public void Freeze() => Signal(SigStop);

    public void Thaw() => Signal(SigCont);

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

    private void Signal(int signal)
    {
        foreach (var process in processes)
            process.Signal(signal);
    }
}

/// <summary>Processor time (user and system), and the most memory that was resident at once, in bytes.</summary>
internal sealed record Usage(TimeSpan Cpu, long PeakMemory);
