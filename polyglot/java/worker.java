// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Values orders (protocol-docs/valuz.md).
//
//     source               worker                reduce
//    ┌──────┐  order  ┌──────────────┐  result  ┌──────┐
//    │ PUSH │ ──────▶ │ PULL    PUSH │ ───────▶ │ PULL │
//    └──────┘         │          SUB │ ◀─────── │ PUB  │
//                     └──────────────┘   EXIT   └──────┘

import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.zeromq.ZMQ;
import sun.misc.Signal;
import zmq.IMsgSink;
import zmq.V1Decoder;

class Main {
    static final byte[] EXIT = {1}, READY = {2}, REPORT = {4};
    static final int BURST = 1000; // orders that are valued before the loop does anything else
    static final long REPORT_EVERY_NS = 100_000_000;

    static volatile boolean stopped;

    public static void main(String[] arguments) throws Exception {
        if (arguments.length > 0) {
            System.err.println("usage: worker");
            System.exit(2);
        }
        Signal.handle(new Signal("INT"), signal -> stopped = true);
        Signal.handle(new Signal("TERM"), signal -> stopped = true);
        var name = "java:" + InetAddress.getLocalHost().getHostName() + ":" + ProcessHandle.current().pid();

        var context = ZMQ.context(1);
        var control = context.socket(ZMQ.SUB);
        var results = context.socket(ZMQ.PUSH);
        var orders = context.socket(ZMQ.PULL);
        var losses = context.socket(ZMQ.PAIR);
        results.monitor("inproc://losses", ZMQ.EVENT_DISCONNECTED);
        losses.connect("inproc://losses");
        orders.setDecoder(Handshake.class);
        results.setLinger(500);
        control.subscribe(EXIT);
        connect(control, "VALUZ_CONTROL", "tcp://127.0.0.1:9006");
        connect(results, "VALUZ_RESULTS", "tcp://127.0.0.1:9005");
        connect(orders, "VALUZ_ORDERS", "tcp://127.0.0.1:9004");

        var waitsForOrder = poller(context, control, losses);
        waitsForOrder.register(orders, ZMQ.Poller.POLLIN);
        var waitsForRoom = poller(context, control, losses);
        waitsForRoom.register(results, ZMQ.Poller.POLLOUT);

        var announced = false;
        byte[][] held = null;
        long done = 0, reported = 0, reportAt = System.nanoTime();
        while (!stopped) {
            (held == null ? waitsForOrder : waitsForRoom).poll(50);
            var command = receive(control);
            if (command != null && Arrays.equals(command[0], EXIT)) break;

            // READY is due when orders is up for the first time, and again when results was lost.
            announced &= ZMQ.Event.recv(losses, ZMQ.DONTWAIT) == null;
            announced = announced || Handshake.complete && send(results, READY, name.getBytes(StandardCharsets.UTF_8));

            for (var i = 0; i < BURST; i++) {
                if (held == null) {
                    var order = receive(orders);
                    if (order == null) break;
                    held = value(order);
                    if (held == null) continue; // malformed
                }
                if (!send(results, held)) break;
                held = null;
                done++;
            }

            if (done != reported && System.nanoTime() >= reportAt && report(results, name, done)) {
                reported = done;
                reportAt = System.nanoTime() + REPORT_EVERY_NS;
            }
        }
        report(results, name, done);
        Stream.of(control, results, orders, losses).forEach(ZMQ.Socket::close);
        context.term();
    }

    /**
     * Knows that the handshake of orders is complete. JeroMQ's monitor reports the TCP connection and no handshake, but
     * its decoder gets the first byte after the greetings.
     */
    public static class Handshake extends V1Decoder {
        static volatile boolean complete;

        public Handshake(int size, long largest, IMsgSink sink, int version) {
            super(size, largest, sink);
        }

        public Handshake(int size, long largest) { // the peer is older than ZMTP 2, or talks something else
            super(size, largest, null);
        }

        @Override
        protected boolean next() {
            complete = true;
            return super.next();
        }
    }

    static final Pattern SYMBOL = Pattern.compile("[A-Z][A-Z0-9]{1,15}");

    /** The result of an order; null of a malformed one. */
    static byte[][] value(byte[][] order) {
        if (order.length < 4 || order.length > 12) return null;
        if (!SYMBOL.matcher(new String(order[0], StandardCharsets.ISO_8859_1)).matches()) return null;
        if (order[1].length != 1 || order[1][0] < 0 || order[1][0] > 1) return null;
        if (order[2].length != 4 || order[3].length != 8) return null;
        if (Stream.of(order).skip(4).mapToInt(frame -> frame.length).sum() > 1024) return null;

        var shares = ByteBuffer.wrap(order[2]).order(ByteOrder.LITTLE_ENDIAN).getInt();
        var price = ByteBuffer.wrap(order[3]).order(ByteOrder.LITTLE_ENDIAN).getDouble();
        var value = (order[1][0] == 0 ? 1 : -1) * (shares * price);
        if (shares <= 0 || !(price > 0) || Double.isInfinite(value)) return null;

        var result = new byte[order.length - 2][]; // symbol, value, and the tail
        result[0] = order[0];
        result[1] = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putDouble(value).array();
        System.arraycopy(order, 4, result, 2, order.length - 4);
        return result;
    }

    static boolean report(ZMQ.Socket results, String name, long done) {
        var count = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(done).array();
        return send(results, REPORT, name.getBytes(StandardCharsets.UTF_8), count);
    }

    /** The next message, null if none has arrived. */
    static byte[][] receive(ZMQ.Socket socket) {
        var first = socket.recv(ZMQ.DONTWAIT);
        if (first == null) return null;
        var frames = Stream.<byte[]>builder().add(first);
        while (socket.hasReceiveMore()) frames.add(socket.recv());
        return frames.build().toArray(byte[][]::new);
    }

    /** Whether there was room for the message. */
    static boolean send(ZMQ.Socket socket, byte[]... frames) {
        for (var i = 0; i < frames.length - 1; i++) {
            if (!socket.send(frames[i], ZMQ.DONTWAIT | ZMQ.SNDMORE)) return false;
        }
        return socket.send(frames[frames.length - 1], ZMQ.DONTWAIT);
    }

    static ZMQ.Poller poller(ZMQ.Context context, ZMQ.Socket... sockets) {
        var poller = context.poller(sockets.length + 1);
        for (var socket : sockets) poller.register(socket, ZMQ.Poller.POLLIN);
        return poller;
    }

    static void connect(ZMQ.Socket socket, String variable, String standard) {
        socket.connect(System.getenv().getOrDefault(variable, standard));
    }
}
