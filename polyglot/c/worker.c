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

enum { SYMBOL, ACTION, SHARES, PRICE, TAIL, FRAMES = TAIL + 8 }; /* the frames of an order, and a place for all others */
enum { TAIL_BYTES = 1024, BURST = 1000, REPORT_MS = 100, LINGER_MS = 250 };

static void *context;
static char name[129]; /* c:host:pid */

/* A socket that connects, now or when its peer is there. These events of its connection arrive at the monitor. */
static void *connected(int type, const char *variable, const char *standard, int events, void **monitor)
{
    void *socket = zmq_socket(context, type);
    zmq_setsockopt(socket, ZMQ_LINGER, &(int){LINGER_MS}, sizeof(int));
    if (type == ZMQ_SUB)
        zmq_setsockopt(socket, ZMQ_SUBSCRIBE, "\x01", 1);
    if (monitor) {
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
    uint16_t event[3]; /* the kind and a value of four bytes, in the byte order of the host; the second frame is the endpoint */
    if (zmq_recv(monitor, event, sizeof event, ZMQ_DONTWAIT) < 0)
        return;
    zmq_recv(monitor, NULL, 0, 0);
    *up = event[0] == ZMQ_EVENT_HANDSHAKE_SUCCEEDED;
}

/* Receives a message without waiting, and returns how many frames it has: 0 if there is none. */
static int receive(void *socket, zmq_msg_t *frames)
{
    for (int count = 0;;) {
        zmq_msg_t *frame = &frames[count < FRAMES ? count : FRAMES];
        if (zmq_msg_recv(frame, socket, ZMQ_DONTWAIT) < 0)
            return 0;
        count++;
        if (!zmq_msg_more(frame))
            return count;
    }
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
    size_t size = zmq_msg_size(frame), i = 0;
    while (i < size && (isupper(text[i]) || (i > 0 && isdigit(text[i]))))
        i++;
    return i == size && size >= 2 && size <= 16;
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
    uint32_t shares;
    union { uint64_t bits; double number; } price, value;
    memcpy(&shares, zmq_msg_data(&order[SHARES]), sizeof shares);
    memcpy(&price, zmq_msg_data(&order[PRICE]), sizeof price);
    shares = le32toh(shares);
    price.bits = le64toh(price.bits);

    value.number = (action == 0 ? 1 : -1) * ((int32_t)shares * price.number);
    bool is_valid = action <= 1 && (int32_t)shares > 0 && price.number > 0 && isfinite(value.number);
    value.bits = htole64(value.bits);
    memcpy(zmq_msg_data(&order[PRICE]), &value, sizeof value);
    return is_valid && tail_bytes <= TAIL_BYTES;
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
    /* Blocked, no signal interrupts libzmq between two frames: the loop asks for them. */
    sigset_t stop;
    sigemptyset(&stop);
    sigaddset(&stop, SIGINT);
    sigaddset(&stop, SIGTERM);
    sigprocmask(SIG_BLOCK, &stop, NULL);

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

    zmq_msg_t order[FRAMES + 1], command[FRAMES + 1];
    for (int i = 0; i <= FRAMES; i++) {
        zmq_msg_init(&order[i]);
        zmq_msg_init(&command[i]);
    }

    bool orders_up = false, results_up = false, ready = false;
    int held = 0; /* frames of a valued order that waits for room */
    uint64_t done = 0, reported = 0;
    long report_at = 0;

    while (sigtimedwait(&stop, NULL, &(struct timespec){0}) < 0) {
        zmq_pollitem_t items[] = {{control, 0, ZMQ_POLLIN, 0},
                                  {orders_monitor, 0, ZMQ_POLLIN, 0},
                                  {results_monitor, 0, ZMQ_POLLIN, 0},
                                  {held ? results : orders, 0, held ? ZMQ_POLLOUT : ZMQ_POLLIN, 0}};
        zmq_poll(items, ready ? 4 : 3, REPORT_MS);

        if (receive(control, command) && zmq_msg_size(command) == 1) /* EXIT: it subscribes to nothing else */
            break;

        /* READY goes out once both connections are up, and again when reduce was lost and is back. */
        follow(orders_monitor, &orders_up);
        follow(results_monitor, &results_up);
        ready = results_up && (ready || (orders_up && send_command(results, "\x02", NULL)));

        for (int i = 0; ready && i < BURST; i++) {
            if (!held) {
                int count = receive(orders, order);
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
