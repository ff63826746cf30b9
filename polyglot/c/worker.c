/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Values orders (protocol-docs/valuz.md).
 *
 *     source               worker                reduce
 *    ┌──────┐  order  ┌──────────────┐  result  ┌──────┐
 *    │ PUSH │ ──────▶ │ PULL    PUSH │ ───────▶ │ PULL │
 *    └──────┘         │          SUB │ ◀─────── │ PUB  │
 *                     └──────────────┘   EXIT   └──────┘
 */

#include <ctype.h>
#include <endian.h>
#include <math.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

enum { SYMBOL, ACTION, SHARES, PRICE, TAIL, FRAMES = TAIL + 8 }; /* the frames of an order */
enum { TAIL_BYTES = 1024, BURST = 1000, REPORT_MS = 100, LINGER_MS = 250 };

static void *context;
static char name[129]; /* c:host:pid */

/* Blocks the signals that end this program, so that none interrupts libzmq between two frames. */
static void block_signals(void)
{
    sigset_t blocked;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGINT);
    sigaddset(&blocked, SIGTERM);
    sigprocmask(SIG_BLOCK, &blocked, NULL);
}

static bool is_stopped(void)
{
    sigset_t pending;
    sigpending(&pending);
    return sigismember(&pending, SIGINT) || sigismember(&pending, SIGTERM);
}

/* A socket that connects, now or when its peer is there. These events of its connection arrive at the monitor. */
static void *connected(int type, const char *variable, const char *standard, int events, void **monitor)
{
    void *socket = zmq_socket(context, type);
    zmq_setsockopt(socket, ZMQ_LINGER, &(int){LINGER_MS}, sizeof(int));
    if (type == ZMQ_SUB)
        zmq_setsockopt(socket, ZMQ_SUBSCRIBE, "\x01", 1);
    if (events) {
        char address[64];
        snprintf(address, sizeof address, "inproc://%s", variable);
        zmq_socket_monitor(socket, address, events);
        *monitor = zmq_socket(context, ZMQ_PAIR);
        zmq_connect(*monitor, address);
    }
    const char *endpoint = getenv(variable);
    if (zmq_connect(socket, endpoint ? endpoint : standard) != 0) {
        fprintf(stderr, "error: %s: %s\n", variable, zmq_strerror(zmq_errno()));
        exit(1);
    }
    return socket;
}

/* Takes one event of a connection: is it up now? */
static void follow(void *monitor, bool *up)
{
    uint8_t event[6]; /* the kind and a value in the byte order of the host; the second frame is the endpoint */
    uint16_t kind;
    if (zmq_recv(monitor, event, sizeof event, ZMQ_DONTWAIT) < 0)
        return;
    zmq_recv(monitor, NULL, 0, 0);
    memcpy(&kind, event, sizeof kind);
    *up = kind == ZMQ_EVENT_HANDSHAKE_SUCCEEDED;
}

/* Receives a message without waiting, and returns how many frames it has: 0 if there is none. Keeps at most `max`. */
static int receive(void *socket, zmq_msg_t *frames, int max)
{
    int count = 0;
    zmq_msg_t extra;
    zmq_msg_init(&extra);
    for (bool more = true; more; count++) {
        zmq_msg_t *frame = count < max ? &frames[count] : &extra;
        if (zmq_msg_recv(frame, socket, ZMQ_DONTWAIT) < 0)
            return 0;
        more = zmq_msg_more(frame);
    }
    zmq_msg_close(&extra);
    return count;
}

/* Counts a malformed message, and logs the count at most once a second. */
static void drop(void)
{
    static long count;
    static time_t logged;
    count++;
    if (time(NULL) != logged)
        fprintf(stderr, "%ld malformed orders dropped\n", count);
    logged = time(NULL);
}

static bool is_symbol(zmq_msg_t *frame)
{
    const unsigned char *text = zmq_msg_data(frame);
    size_t size = zmq_msg_size(frame);
    for (size_t i = 0; i < size; i++)
        if (!isupper(text[i]) && (i == 0 || !isdigit(text[i])))
            return false;
    return size >= 2 && size <= 16;
}

/* Puts the value of an order in the place of its price. False if the order is malformed. */
static bool put_value(zmq_msg_t *order, int count)
{
    if (count < TAIL || count > FRAMES || !is_symbol(&order[SYMBOL]) || zmq_msg_size(&order[ACTION]) != 1 ||
        zmq_msg_size(&order[SHARES]) != 4 || zmq_msg_size(&order[PRICE]) != 8)
        return false;
    size_t tail_bytes = 0;
    for (int i = TAIL; i < count; i++)
        tail_bytes += zmq_msg_size(&order[i]);

    uint8_t action = *(uint8_t *)zmq_msg_data(&order[ACTION]);
    uint32_t wire_shares;
    memcpy(&wire_shares, zmq_msg_data(&order[SHARES]), sizeof wire_shares);
    int32_t shares = (int32_t)le32toh(wire_shares);
    uint64_t bits;
    memcpy(&bits, zmq_msg_data(&order[PRICE]), sizeof bits);
    bits = le64toh(bits);
    double price;
    memcpy(&price, &bits, sizeof price);

    double value = (action == 0 ? 1 : -1) * (shares * price);
    memcpy(&bits, &value, sizeof bits);
    bits = htole64(bits);
    memcpy(zmq_msg_data(&order[PRICE]), &bits, sizeof bits);
    return action <= 1 && shares > 0 && price > 0 && isfinite(value) && tail_bytes <= TAIL_BYTES;
}

/* Sends symbol, value and tail. False if there is no room: then nothing is sent. */
static bool send_result(void *results, zmq_msg_t *order, int count)
{
    if (zmq_msg_send(&order[SYMBOL], results, ZMQ_SNDMORE | ZMQ_DONTWAIT) < 0)
        return false;
    for (int i = PRICE; i < count; i++)
        zmq_msg_send(&order[i], results, i + 1 < count ? ZMQ_SNDMORE : 0);
    return true;
}

/* Sends READY, or a report, which has a number. False if there is no room. */
static bool send_command(void *results, const char *command, const uint64_t *done)
{
    if (zmq_send(results, command, 1, ZMQ_SNDMORE | ZMQ_DONTWAIT) < 0)
        return false;
    zmq_send(results, name, strlen(name), done ? ZMQ_SNDMORE : 0);
    if (done)
        zmq_send(results, &(uint64_t){htole64(*done)}, sizeof *done, 0);
    return true;
}

static long now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        fprintf(stderr, "usage: %s\n", argv[0]);
        return 2;
    }
    block_signals();
    char host[65] = "";
    gethostname(host, sizeof host - 1);
    snprintf(name, sizeof name, "c:%s:%d", host, (int)getpid());

    context = zmq_ctx_new();
    void *orders_monitor, *results_monitor;
    void *control = connected(ZMQ_SUB, "VALUZ_CONTROL", "tcp://127.0.0.1:9006", 0, NULL);
    void *results = connected(ZMQ_PUSH, "VALUZ_RESULTS", "tcp://127.0.0.1:9005",
                              ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED, &results_monitor);
    void *orders = connected(ZMQ_PULL, "VALUZ_ORDERS", "tcp://127.0.0.1:9004",
                             ZMQ_EVENT_HANDSHAKE_SUCCEEDED, &orders_monitor);

    zmq_msg_t order[FRAMES], command;
    for (int i = 0; i < FRAMES; i++)
        zmq_msg_init(&order[i]);
    zmq_msg_init(&command);

    bool orders_up = false, results_up = false, ready = false;
    int held = 0; /* frames of a valued order that waits for room */
    uint64_t done = 0, reported = 0;
    long report_at = 0;

    while (!is_stopped()) {
        zmq_pollitem_t items[] = {{control, 0, ZMQ_POLLIN, 0},
                                  {orders_monitor, 0, ZMQ_POLLIN, 0},
                                  {results_monitor, 0, ZMQ_POLLIN, 0},
                                  {held ? results : orders, 0, held ? ZMQ_POLLOUT : ZMQ_POLLIN, 0}};
        zmq_poll(items, ready ? 4 : 3, REPORT_MS);

        if (receive(control, &command, 1) && zmq_msg_size(&command) == 1) /* EXIT: it subscribes to nothing else */
            break;

        /* READY goes out once both connections are up, and again when reduce was lost and is back. */
        follow(orders_monitor, &orders_up);
        follow(results_monitor, &results_up);
        if (!results_up)
            ready = false;
        else if (orders_up && !ready)
            ready = send_command(results, "\x02", NULL);

        for (int i = 0; ready && i < BURST; i++) {
            if (!held) {
                int count = receive(orders, order, FRAMES);
                if (count == 0)
                    break;
                if (put_value(order, count))
                    held = count;
                else
                    drop();
            }
            if (held) {
                if (!send_result(results, order, held))
                    break;
                held = 0;
                done++;
            }
        }

        if (done != reported && now_ms() >= report_at && send_command(results, "\x04", &done)) {
            reported = done;
            report_at = now_ms() + REPORT_MS;
        }
    }

    send_command(results, "\x04", &done);
    zmq_socket_monitor(orders, NULL, 0); /* before their receivers close: libzmq would wait for them */
    zmq_socket_monitor(results, NULL, 0);
    void *sockets[] = {orders_monitor, results_monitor, orders, results, control};
    for (size_t i = 0; i < sizeof sockets / sizeof *sockets; i++)
        zmq_close(sockets[i]);
    zmq_ctx_term(context);
    return 0;
}
