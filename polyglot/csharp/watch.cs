// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Watches prices (protocol-docs/tickz.md).
//
//     publish                        watch
//    ┌─────┐                        ┌─────┐
//    │ PUB │ ── MSFT, time, 41.78 ▶ │ SUB │
//    └─────┘                        └─────┘
//
// No binding: it declares the functions of libzmq that it calls.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;
using Mono.Unix;
using Mono.Unix.Native;

static class Watch
{
    static int Main(string[] symbols)
    {
        if (symbols.Length == 0 || !symbols.All(symbol => Regex.IsMatch(symbol, @"\A[A-Z][A-Z0-9]{1,15}\z")))
        {
            Console.Error.WriteLine("usage: watch SYMBOL...");
            return 2;
        }
        var signals = new[] { new UnixSignal(Signum.SIGINT), new UnixSignal(Signum.SIGTERM) };

        var context = zmq_ctx_new();
        var ticks = zmq_socket(context, Sub);
        var on = BitConverter.GetBytes(1);
        zmq_setsockopt(ticks, TcpKeepAlive, on, (UIntPtr)on.Length);
        foreach (var topic in symbols.Select(Encoding.ASCII.GetBytes))
            zmq_setsockopt(ticks, Subscribe, topic, (UIntPtr)topic.Length);
        var endpoint = Environment.GetEnvironmentVariable("TICKZ_TICKS") ?? "tcp://127.0.0.1:9003";
        if (zmq_connect(ticks, endpoint) != 0)
        {
            Console.Error.WriteLine($"cannot connect to {endpoint}");
            return 1;
        }

        var timeout = BitConverter.GetBytes(100);
        zmq_setsockopt(ticks, ReceiveTimeout, timeout, (UIntPtr)timeout.Length);
        while (!signals.Any(signal => signal.IsSet))
        {
            var tick = Receive(ticks);
            if (tick == null || tick.Count < 3) continue;
            var symbol = Encoding.GetEncoding("latin1").GetString(tick[0]);
            if (!symbols.Contains(symbol)) continue; // a subscription is a prefix
            if (tick.Skip(1).Take(3).Any(frame => frame.Length != 8)) continue;
            var time = BitConverter.ToDouble(tick[1], 0);
            var price = BitConverter.ToDouble(tick[2], 0);
            if (double.IsNaN(time) || double.IsInfinity(time) || !(price > 0) || double.IsInfinity(price)) continue;
            Console.WriteLine($"{symbol} {Shortest(price)}");
        }
        zmq_close(ticks);
        zmq_ctx_term(context);
        return 0;
    }

    /// The shortest decimal that gives the same number back.
    static string Shortest(double number) =>
        Enumerable.Range(1, 17).Select(digits => number.ToString("G" + digits, invariant))
            .First(text => double.TryParse(text, NumberStyles.Float, invariant, out var same) && same == number);

    static readonly CultureInfo invariant = CultureInfo.InvariantCulture;

    /// The next message, null if none arrives in time.
    static List<byte[]> Receive(IntPtr socket)
    {
        var frames = new List<byte[]>();
        int more = 1;
        for (var size = (UIntPtr)sizeof(int); more == 1;)
        {
            var length = zmq_recv(socket, buffer, (UIntPtr)buffer.Length, 0);
            if (length < 0) return null;
            frames.Add(buffer.Take(length).ToArray());
            zmq_getsockopt(socket, ReceiveMore, out more, ref size);
        }
        return frames;
    }

    static readonly byte[] buffer = new byte[256]; // longer frames are malformed, and cut

    const int Sub = 2, Subscribe = 6, ReceiveMore = 13, ReceiveTimeout = 27, TcpKeepAlive = 34;
    const string Library = "libzmq.so.5";
    [DllImport(Library)] static extern IntPtr zmq_ctx_new();
    [DllImport(Library)] static extern int zmq_ctx_term(IntPtr context);
    [DllImport(Library)] static extern IntPtr zmq_socket(IntPtr context, int type);
    [DllImport(Library)] static extern int zmq_close(IntPtr socket);
    [DllImport(Library)] static extern int zmq_setsockopt(IntPtr socket, int option, byte[] value, UIntPtr size);
    [DllImport(Library)] static extern int zmq_getsockopt(IntPtr socket, int option, out int value, ref UIntPtr size);
    [DllImport(Library)] static extern int zmq_connect(IntPtr socket, string endpoint);
    [DllImport(Library)] static extern int zmq_recv(IntPtr socket, byte[] buffer, UIntPtr size, int flags);
}
