// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Values orders (protocol-docs/valuz.md).
//
//     source               worker                reduce
//    ┌──────┐  order  ┌──────────────┐  result  ┌──────┐
//    │ PUSH │ ──────▶ │ PULL    PUSH │ ───────▶ │ PULL │
//    └──────┘         │          SUB │ ◀─────── │ PUB  │
//                     └──────────────┘   EXIT   └──────┘
//
// No binding: it declares the functions of libzmq that it calls.

using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;
using Mono.Unix;
using Mono.Unix.Native;

static class Worker
{
    const byte Exit = 1, Ready = 2, Report = 4;
    const int Burst = 1000; // orders that are valued before the loop does anything else

    static int Main(string[] arguments)
    {
        if (arguments.Length > 0)
        {
            Console.Error.WriteLine("usage: worker");
            return 2;
        }
        var signals = new[] { new UnixSignal(Signum.SIGINT), new UnixSignal(Signum.SIGTERM) };

        var context = Zmq.zmq_ctx_new();
        var control = new Socket(context, Zmq.Sub);
        var results = new Socket(context, Zmq.Push);
        var orders = new Socket(context, Zmq.Pull);
        var handshakes = orders.Monitor(context, Zmq.HandshakeSucceeded);
        var losses = results.Monitor(context, Zmq.Disconnected);
        results.Set(Zmq.Linger, BitConverter.GetBytes(500));
        control.Set(Zmq.Subscribe, Exit);
        control.Connect("VALUZ_CONTROL", "tcp://127.0.0.1:9006");
        results.Connect("VALUZ_RESULTS", "tcp://127.0.0.1:9005");
        orders.Connect("VALUZ_ORDERS", "tcp://127.0.0.1:9004");

        var name = Encoding.UTF8.GetBytes($"csharp:{Environment.MachineName}:{Process.GetCurrentProcess().Id}");
        bool up = false, announced = false;
        byte[][] held = null;
        ulong done = 0, reported = 0;
        var sinceReport = Stopwatch.StartNew();

        while (!signals.Any(signal => signal.IsSet))
        {
            Zmq.Poll(100, held == null ? orders.In : results.Out, control.In, handshakes.In, losses.In);
            var command = control.Receive();
            if (command != null && command[0].SequenceEqual(new[] { Exit })) break;

            // READY is due when orders is up for the first time, and again when results was lost.
            up |= handshakes.Receive() != null;
            announced &= losses.Receive() == null;
            announced = announced || up && results.Send(new[] { Ready }, name);

            for (var i = 0; i < Burst; i++)
            {
                if (held == null)
                {
                    var order = orders.Receive();
                    if (order == null) break;
                    held = Value(order);
                    if (held == null) continue; // malformed
                }
                if (!results.Send(held)) break;
                held = null;
                done++;
            }

            if (done != reported && sinceReport.ElapsedMilliseconds >= 100
                && results.Send(new[] { Report }, name, BitConverter.GetBytes(done)))
            {
                reported = done;
                sinceReport.Restart();
            }
        }
        results.Send(new[] { Report }, name, BitConverter.GetBytes(done));
        foreach (var socket in new[] { control, results, orders, handshakes, losses }) socket.Close();
        Zmq.zmq_ctx_term(context);
        return 0;
    }

    static readonly Regex Symbol = new Regex(@"\A[A-Z][A-Z0-9]{1,15}\z", RegexOptions.CultureInvariant);

    /// The result of an order; null of a malformed one.
    static byte[][] Value(byte[][] order)
    {
        var tail = order.Skip(4);
        if (order.Length < 4 || !Symbol.IsMatch(Encoding.GetEncoding("latin1").GetString(order[0]))
            || order[1].Length != 1 || order[1][0] > 1 || order[2].Length != 4 || order[3].Length != 8
            || tail.Count() > 8 || tail.Sum(frame => frame.Length) > 1024) return null;
        var sign = order[1][0] == 0 ? 1 : -1;
        var shares = BitConverter.ToInt32(order[2], 0);
        var price = BitConverter.ToDouble(order[3], 0);
        var value = sign * (shares * price);
        if (shares <= 0 || !(price > 0) || double.IsInfinity(value)) return null;
        return new[] { order[0], BitConverter.GetBytes(value) }.Concat(tail).ToArray();
    }
}

/// A socket of libzmq.
sealed class Socket
{
    readonly IntPtr pointer;
    readonly byte[] buffer = new byte[8192]; // longer frames are malformed, and cut

    public Socket(IntPtr context, int type) => pointer = Zmq.zmq_socket(context, type);

    public Zmq.PollItem In => new Zmq.PollItem { Socket = pointer, Events = 1 };
    public Zmq.PollItem Out => new Zmq.PollItem { Socket = pointer, Events = 2 };

    public void Set(int option, params byte[] value) =>
        Zmq.zmq_setsockopt(pointer, option, value, (UIntPtr)value.Length);

    public void Connect(string variable, string standard)
    {
        var endpoint = Environment.GetEnvironmentVariable(variable) ?? standard;
        if (Zmq.zmq_connect(pointer, endpoint) == 0) return;
        Console.Error.WriteLine($"cannot connect to {endpoint}");
        Environment.Exit(1);
    }

    /// The events of this socket.
    public Socket Monitor(IntPtr context, int events)
    {
        var address = $"inproc://monitor.{events}";
        var pair = new Socket(context, Zmq.Pair);
        Zmq.zmq_socket_monitor(pointer, address, events);
        Zmq.zmq_connect(pair.pointer, address);
        return pair;
    }

    /// Whether there was room for the message.
    public bool Send(params byte[][] frames)
    {
        for (var i = 0; i < frames.Length; i++)
        {
            var flags = i + 1 < frames.Length ? Zmq.DontWait | Zmq.SendMore : Zmq.DontWait;
            if (Zmq.zmq_send(pointer, frames[i], (UIntPtr)frames[i].Length, flags) < 0) return false;
        }
        return true;
    }

    /// The next message, null if none has arrived.
    public byte[][] Receive()
    {
        var frames = new List<byte[]>();
        int more = 1;
        for (var size = (UIntPtr)sizeof(int); more == 1;)
        {
            var length = Zmq.zmq_recv(pointer, buffer, (UIntPtr)buffer.Length, Zmq.DontWait);
            if (length < 0) return null;
            frames.Add(new ArraySegment<byte>(buffer, 0, Math.Min(length, buffer.Length)).ToArray());
            Zmq.zmq_getsockopt(pointer, Zmq.ReceiveMore, out more, ref size);
        }
        return frames.ToArray();
    }

    public void Close() => Zmq.zmq_close(pointer);
}

/// The functions of libzmq, and the numbers of zmq.h.
static class Zmq
{
    public const int Pair = 0, Sub = 2, Pull = 7, Push = 8;
    public const int Subscribe = 6, ReceiveMore = 13, Linger = 17;
    public const int DontWait = 1, SendMore = 2;
    public const int Disconnected = 0x0200, HandshakeSucceeded = 0x1000;

    [StructLayout(LayoutKind.Sequential)]
    public struct PollItem { public IntPtr Socket; public int Descriptor; public short Events, Happened; }

    public static int Poll(int milliseconds, params PollItem[] items) =>
        zmq_poll(items, items.Length, (IntPtr)milliseconds);

    const string Library = "libzmq.so.5";
    [DllImport(Library)] public static extern IntPtr zmq_ctx_new();
    [DllImport(Library)] public static extern int zmq_ctx_term(IntPtr context);
    [DllImport(Library)] public static extern IntPtr zmq_socket(IntPtr context, int type);
    [DllImport(Library)] public static extern int zmq_close(IntPtr socket);
    [DllImport(Library)] public static extern int zmq_setsockopt(IntPtr socket, int option, byte[] value, UIntPtr size);
    [DllImport(Library)]
    public static extern int zmq_getsockopt(IntPtr socket, int option, out int value, ref UIntPtr size);
    [DllImport(Library)] public static extern int zmq_connect(IntPtr socket, string endpoint);
    [DllImport(Library)] public static extern int zmq_send(IntPtr socket, byte[] frame, UIntPtr size, int flags);
    [DllImport(Library)] public static extern int zmq_recv(IntPtr socket, byte[] buffer, UIntPtr size, int flags);
    [DllImport(Library)] public static extern int zmq_socket_monitor(IntPtr socket, string address, int events);
    [DllImport(Library)] static extern int zmq_poll([In, Out] PollItem[] items, int count, IntPtr timeout);
}
