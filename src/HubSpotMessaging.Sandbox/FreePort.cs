using System.Net;
using System.Net.Sockets;

namespace HubSpotMessaging.Sandbox;

/// <summary>A loopback port that nobody listens on at the moment.</summary>
internal static class FreePort
{
    private const int Attempts = 5;

    /// <summary>Starts something on the preferred port if it is free, else on any.</summary>
    /// <exception cref="IOException">It cannot listen, whatever the port.</exception>
    public static async Task<T> UseAsync<T>(int? preferred, Func<int, Task<T>> startAsync)
    {
        var port = preferred is { } wanted && IsFree(wanted) ? wanted : Find();
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await startAsync(port);
            }
            catch (Exception exception) when (exception is IOException or SocketException && attempt < Attempts)
            {
                port = Find(); // Somebody took the other one in the moment between.
            }
        }
    }

    private static int Find()
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
            return exception.SocketErrorCode is SocketError.AddressNotAvailable or SocketError.AddressFamilyNotSupported; // No IPv6 on this machine.
        }
    }
}
