// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Talks in the chat room (protocol-docs/chatz.md).
//
//      serve                            join
//    ┌────────┐ ◀── ada, or ada␟hi ── ┌─────┐
//    │ ROUTER │ ─── ada, bob ───────▶ │ REQ │
//    │  PUB   │ ─── ada␟hi ─────────▶ │ SUB │
//    └────────┘                       └─────┘
//
// No binding: it declares the functions of libzmq that it calls.

using System;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Text;
using System.Threading;
using Mono.Unix;
using Mono.Unix.Native;

static class Join
{
    const int KeepAlive = 2000, Patience = 2000; // milliseconds; the server forgets a user after 5 s

    static int Main(string[] arguments)
    {
        if (arguments.Length != 1 || !IsUser(arguments[0]))
        {
            Console.Error.WriteLine("usage: join NAME");
            return 2;
        }
        var user = arguments[0];
        var signals = new[] { new UnixSignal(Signum.SIGINT), new UnixSignal(Signum.SIGTERM) };
        var output = new StreamWriter(Console.OpenStandardOutput(), Utf8) { AutoFlush = true };
        var texts = new BlockingCollection<string>(boundedCapacity: 16);
        new Thread(() => Read(texts)) { IsBackground = true }.Start();

        // A request waits for a server. A reply that is lost is given up, and dropped if it comes late.
        var context = zmq_ctx_new();
        var requests = Socket(context, Req, Immediate, ReqCorrelate, ReqRelaxed);
        var broadcasts = Socket(context, Sub, TcpKeepAlive);
        zmq_setsockopt(broadcasts, Subscribe, new byte[0], UIntPtr.Zero);
        Connect(broadcasts, "CHATZ_BROADCASTS", "tcp://127.0.0.1:9002");
        Connect(requests, "CHATZ_REQUESTS", "tcp://127.0.0.1:9001");

        var clock = Stopwatch.StartNew();
        long askedAt = -KeepAlive;
        bool waiting = false;
        string text = null; // the one that is said, or the next one
        while (!signals.Any(signal => signal.IsSet))
        {
            var items = new[] { requests, broadcasts }
                .Select(socket => new PollItem { Socket = socket, Events = Readable }).ToArray();
            zmq_poll(items, items.Length, (IntPtr)50);
            for (var frame = Receive(broadcasts); frame != null; frame = Receive(broadcasts))
            {
                var line = Heard(frame);
                if (line != null) output.WriteLine(line);
            }

            var reply = Receive(requests);
            if (reply != null && IsRefusal(reply))
                Console.Error.WriteLine("refused: " + Escaped(Encoding.UTF8.GetString(reply, 1, reply.Length - 1)));
            var late = waiting && clock.ElapsedMilliseconds - askedAt > Patience;
            if (late && text != null) Console.Error.WriteLine("no reply to: " + text);
            if (reply != null || late)
            {
                waiting = false;
                text = null;
            }
            if (waiting) continue;

            if (text == null && !texts.TryTake(out text) && texts.IsCompleted) break;
            if (text != null || clock.ElapsedMilliseconds - askedAt >= KeepAlive)
            {
                waiting = Send(requests, text == null ? user : $"{user}\x1f{text}");
                if (waiting) askedAt = clock.ElapsedMilliseconds;
            }
        }
        zmq_close(requests);
        zmq_close(broadcasts);
        zmq_ctx_term(context);
        return 0;
    }

    static readonly Encoding Utf8 = new UTF8Encoding(false, throwOnInvalidBytes: true);

    static void Read(BlockingCollection<string> texts)
    {
        var input = new StreamReader(Console.OpenStandardInput(), new UTF8Encoding(false));
        for (var line = input.ReadLine(); line != null; line = input.ReadLine())
            if (IsText(line)) texts.Add(line);
            else Console.Error.WriteLine("not said: a text has 1 to 4,096 bytes, and no U+001F");
        texts.CompleteAdding();
    }

    /// A broadcast as a line; null if it is malformed.
    static string Heard(byte[] frame)
    {
        string said;
        try { said = Utf8.GetString(frame); }
        catch (ArgumentException) { return null; }
        var separator = said.IndexOf('\x1f');
        if (separator < 0 || !IsUser(said.Substring(0, separator))) return null;
        var text = said.Substring(separator + 1);
        return IsText(text) ? $"{said.Substring(0, separator)}: {Escaped(text)}" : null;
    }

    static bool IsText(string text) =>
        text != "" && text.IndexOf('\x1f') < 0 && new UTF8Encoding(false).GetByteCount(text) <= 4096;

    /// Whether it is 1 to 32 letters, digits and low lines.
    static bool IsUser(string name)
    {
        var characters = Enumerable.Range(0, name.Length).Where(at => !char.IsLowSurrogate(name[at])).ToArray();
        return characters.Length >= 1 && characters.Length <= 32 && characters.All(at => IsWord(name, at));
    }

    static bool IsWord(string name, int at)
    {
        var category = CharUnicodeInfo.GetUnicodeCategory(name, at);
        var isLetter = category <= UnicodeCategory.OtherLetter || category == UnicodeCategory.SpacingCombiningMark;
        var isNumber = category >= UnicodeCategory.DecimalDigitNumber && category <= UnicodeCategory.OtherNumber;
        return isLetter || isNumber || name[at] == '_';
    }

    /// Control characters would control the terminal.
    static string Escaped(string text) =>
        string.Concat(text.Select(c => char.IsControl(c) ? "\\u{" + ((int)c).ToString("x") + "}" : c.ToString()));

    static bool IsRefusal(byte[] reply) =>
        reply.Length > 0 && reply[0] == 0x15 && !(reply.Length == 8 && reply[7] == 0); // that would be a version

    static IntPtr Socket(IntPtr context, int type, params int[] switches)
    {
        var socket = zmq_socket(context, type);
        foreach (var option in switches) zmq_setsockopt(socket, option, BitConverter.GetBytes(1), (UIntPtr)sizeof(int));
        zmq_setsockopt(socket, Linger, BitConverter.GetBytes(0), (UIntPtr)sizeof(int));
        return socket;
    }

    static void Connect(IntPtr socket, string variable, string standard)
    {
        var endpoint = Environment.GetEnvironmentVariable(variable) ?? standard;
        if (zmq_connect(socket, endpoint) == 0) return;
        Console.Error.WriteLine($"cannot connect to {endpoint}");
        Environment.Exit(1);
    }

    static bool Send(IntPtr socket, string text)
    {
        var frame = Utf8.GetBytes(text);
        return zmq_send(socket, frame, (UIntPtr)frame.Length, DontWait) >= 0;
    }

    /// The first frame of the next message, null if none has arrived.
    static byte[] Receive(IntPtr socket)
    {
        var buffer = new byte[8192]; // longer frames are malformed, and cut
        var length = zmq_recv(socket, buffer, (UIntPtr)buffer.Length, DontWait);
        if (length < 0) return null;
        Array.Resize(ref buffer, Math.Min(length, buffer.Length));
        for (var ignored = new byte[0]; HasMore(socket);) zmq_recv(socket, ignored, UIntPtr.Zero, DontWait);
        return buffer;
    }

    static bool HasMore(IntPtr socket)
    {
        var size = (UIntPtr)sizeof(int);
        return zmq_getsockopt(socket, ReceiveMore, out var more, ref size) == 0 && more == 1;
    }

    [StructLayout(LayoutKind.Sequential)]
    struct PollItem
    {
        public IntPtr Socket;
        public int Descriptor;
        public short Events, Happened;
    }

    const int Sub = 2, Req = 3, DontWait = 1, Readable = 1;
    const int Subscribe = 6, ReceiveMore = 13, Linger = 17, TcpKeepAlive = 34, Immediate = 39;
    const int ReqCorrelate = 52, ReqRelaxed = 53;
    const string Library = "libzmq.so.5";
    [DllImport(Library)] static extern IntPtr zmq_ctx_new();
    [DllImport(Library)] static extern int zmq_ctx_term(IntPtr context);
    [DllImport(Library)] static extern IntPtr zmq_socket(IntPtr context, int type);
    [DllImport(Library)] static extern int zmq_close(IntPtr socket);
    [DllImport(Library)] static extern int zmq_setsockopt(IntPtr socket, int option, byte[] value, UIntPtr size);
    [DllImport(Library)] static extern int zmq_getsockopt(IntPtr socket, int option, out int value, ref UIntPtr size);
    [DllImport(Library)] static extern int zmq_connect(IntPtr socket, string endpoint);
    [DllImport(Library)] static extern int zmq_send(IntPtr socket, byte[] frame, UIntPtr size, int flags);
    [DllImport(Library)] static extern int zmq_recv(IntPtr socket, byte[] buffer, UIntPtr size, int flags);
    [DllImport(Library)] static extern int zmq_poll([In, Out] PollItem[] items, int count, IntPtr timeout);
}
