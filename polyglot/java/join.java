// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Talks in the chat room (protocol-docs/chatz.md).
//
//      serve                                join
//    ┌────────┐ ◀── "", ada, or ada␟hi ── ┌────────┐
//    │ ROUTER │ ─── "", ada, bob ───────▶ │ DEALER │
//    │  PUB   │ ─── ada␟hi ─────────────▶ │ SUB    │
//    └────────┘                           └────────┘
//
// A DEALER, as the REQ of this JeroMQ waits for ever for a reply that is lost.

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.regex.Pattern;

import static java.nio.charset.StandardCharsets.UTF_8;

import org.zeromq.ZMQ;
import sun.misc.Signal;

class Main {
    static final long KEEP_ALIVE_MS = 2000; // the server forgets a user after 5 s
    static final long PATIENCE_MS = 2000;
    static final String USER = "[\\p{IsAlphabetic}\\p{N}_]{1,32}";
    static final String END = ""; // of the input

    static volatile boolean stopped;

    public static void main(String[] arguments) {
        if (arguments.length != 1 || !arguments[0].matches(USER)) {
            System.err.println("usage: join NAME");
            System.exit(2);
        }
        var user = arguments[0];
        Signal.handle(new Signal("INT"), signal -> stopped = true);
        Signal.handle(new Signal("TERM"), signal -> stopped = true);
        var output = new PrintStream(System.out, true, UTF_8);
        var texts = new ArrayBlockingQueue<String>(16);
        var reader = new Thread(() -> read(texts));
        reader.setDaemon(true);
        reader.start();

        var context = ZMQ.context(1);
        var requests = context.socket(ZMQ.DEALER);
        var broadcasts = context.socket(ZMQ.SUB);
        requests.setDelayAttachOnConnect(true); // without a server a request waits
        requests.setLinger(0);
        broadcasts.subscribe(new byte[0]);
        connect(broadcasts, "CHATZ_BROADCASTS", "tcp://127.0.0.1:9002");
        connect(requests, "CHATZ_REQUESTS", "tcp://127.0.0.1:9001");
        var poller = context.poller(2);
        poller.register(requests, ZMQ.Poller.POLLIN);
        poller.register(broadcasts, ZMQ.Poller.POLLIN);

        String text = null; // the one that is said, or the next one
        var waiting = false;
        var askedAt = now() - KEEP_ALIVE_MS;
        while (!stopped) {
            poller.poll(50);
            for (var frame = receive(broadcasts, 0); frame != null; frame = receive(broadcasts, 0)) {
                var line = heard(frame);
                if (line != null) output.println(line);
            }

            var reply = receive(requests, 1); // after the empty frame
            if (reply != null && isRefusal(reply)) {
                System.err.println("refused: " + escaped(new String(reply, 1, reply.length - 1, UTF_8)));
            }
            var late = waiting && now() - askedAt > PATIENCE_MS;
            if (late && text != null) System.err.println("no reply to: " + text);
            if (reply != null || late) {
                waiting = false;
                text = null;
            }
            if (waiting) continue;

            if (text == null) text = texts.poll();
            if (text == END) break;
            if (text != null || now() - askedAt >= KEEP_ALIVE_MS) {
                var request = text == null ? user : user + '\u001f' + text;
                waiting = requests.send(new byte[0], ZMQ.DONTWAIT | ZMQ.SNDMORE)
                    && requests.send(request.getBytes(UTF_8), ZMQ.DONTWAIT);
                if (waiting) askedAt = now();
            }
        }
        requests.close();
        broadcasts.close();
        context.term();
    }

    static void read(BlockingQueue<String> texts) {
        try (var lines = new BufferedReader(new InputStreamReader(System.in, UTF_8))) {
            for (var line = lines.readLine(); line != null; line = lines.readLine()) {
                if (TEXT.matcher(line).matches() && line.getBytes(UTF_8).length <= 4096) texts.put(line);
                else System.err.println("not said: a text has 1 to 4,096 bytes, and no U+001F");
            }
            texts.put(END);
        } catch (Exception error) {
            System.err.println("cannot read standard input: " + error.getMessage());
        }
    }

    static final Pattern TEXT = Pattern.compile("[^\u001f]+");
    static final Pattern BROADCAST = Pattern.compile("(" + USER + ")\u001f(" + TEXT + ")");

    /** A broadcast as a line; null if it is malformed. */
    static String heard(byte[] frame) {
        try {
            var said = BROADCAST.matcher(UTF_8.newDecoder().decode(ByteBuffer.wrap(frame)));
            if (!said.matches() || said.group(2).getBytes(UTF_8).length > 4096) return null;
            return said.group(1) + ": " + escaped(said.group(2));
        } catch (CharacterCodingException notUtf8) {
            return null;
        }
    }

    /** Control characters would control the terminal. */
    static String escaped(String text) {
        return Pattern.compile("\\p{Cc}").matcher(text)
            .replaceAll(found -> String.format("\\\\u{%x}", (int) found.group().charAt(0)));
    }

    static boolean isRefusal(byte[] reply) {
        return reply.length > 0 && reply[0] == 0x15 && !(reply.length == 8 && reply[7] == 0); // that would be a version
    }

    /** One frame of the next message, empty if it has fewer; null if no message has arrived. */
    static byte[] receive(ZMQ.Socket socket, int index) {
        var frame = socket.recv(ZMQ.DONTWAIT);
        if (frame == null) return null;
        var found = index == 0 ? frame : new byte[0];
        for (var i = 1; socket.hasReceiveMore(); i++) {
            frame = socket.recv();
            if (i == index) found = frame;
        }
        return found;
    }

    static void connect(ZMQ.Socket socket, String variable, String standard) {
        socket.connect(System.getenv().getOrDefault(variable, standard));
    }

    static long now() {
        return System.nanoTime() / 1_000_000;
    }
}
