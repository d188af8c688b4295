using System.Net;
using System.Net.Sockets;

namespace HubSpotMessaging.Sandbox;

/// <summary>A loopback port that nobody listens on at the moment.</summary>
internal static class FreePort
{
    /// <summary>The preferred one if it is free, else any.</summary>
    public static int Find(int preferred) => IsFree(preferred) ? preferred : Find();

    public static int Find()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static bool IsFree(int port)
    {
        try
        {
            // Both, since a browser that is told "localhost" tries the one and then the other.
            foreach (var address in new[] { IPAddress.Loopback, IPAddress.IPv6Loopback })
            {
                using var listener = new TcpListener(address, port);
                listener.Start();
            }

            return true;
        }
        catch (SocketException exception)
        {
            return exception.SocketErrorCode == SocketError.AddressNotAvailable; // No IPv6 on this machine.
        }
    }
}
