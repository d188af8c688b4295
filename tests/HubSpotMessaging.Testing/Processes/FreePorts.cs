using System.Net;
using System.Net.Sockets;

namespace HubSpotMessaging.Testing.Processes;

/// <summary>
/// Loopback ports that nobody listens on. They lie below the range from which the kernel takes the ports of outgoing
/// connections: in that range a client that keeps dialling a stopped server may take its port, or connect to itself.
/// </summary>
internal static class FreePorts
{
    private const int First = 15_000;
    private const int End = 32_000;
    private static readonly HashSet<int> Given = [];

    public static int Next()
    {
        lock (Given)
        {
            for (var attempt = 0; attempt < 1_000; attempt++)
            {
                var port = Random.Shared.Next(First, End);
                if (!Given.Contains(port) && IsFree(port))
                {
                    Given.Add(port);
                    return port;
                }
            }
        }

        throw new TestServerException($"No free port between {First} and {End} on the loopback interface.");
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
