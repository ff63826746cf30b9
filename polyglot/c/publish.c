/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Publishes sample prices (protocol-docs/tickz.md).
 *
 *     publish                       watch
 *    ┌─────┐   MSFT, time, 41.78   ┌─────┐
 *    │ PUB │ ────────────────────▶ │ SUB │
 *    └─────┘                       └─────┘
 */

#include <endian.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

static const struct timespec PAUSE = {.tv_nsec = 5000000};

static struct {
    const char *symbol;
    int cents;
} stocks[] = {{"MSFT", 4178}, {"AAPL", 9535}, {"GOOG", 57109}, {"YHOO", 3453}, {"BBRY", 1090}};

static void quit(int signal)
{
    (void)signal;
    _exit(0); /* nothing is left to do: a PUB may drop what it has not sent */
}

/* A number as the frame that carries it. */
static uint64_t f64(double number)
{
    uint64_t bits;
    memcpy(&bits, &number, sizeof bits);
    return htole64(bits);
}

static void publish(void *ticks, const char *symbol, double price)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    uint64_t time = f64(now.tv_sec + now.tv_nsec / 1e9), value = f64(price);

    zmq_send(ticks, symbol, strlen(symbol), ZMQ_SNDMORE);
    zmq_send(ticks, &time, sizeof time, ZMQ_SNDMORE);
    zmq_send(ticks, &value, sizeof value, 0);
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        fprintf(stderr, "usage: %s\n", argv[0]);
        return 2;
    }
    signal(SIGINT, quit);
    signal(SIGTERM, quit);

    const char *endpoint = getenv("TICKZ_TICKS");
    void *context = zmq_ctx_new();
    void *ticks = zmq_socket(context, ZMQ_PUB);
    if (zmq_bind(ticks, endpoint ? endpoint : "tcp://*:9003") != 0) {
        fprintf(stderr, "error: cannot bind ticks: %s\n", zmq_strerror(zmq_errno()));
        return 1;
    }

    for (;;) {
        for (size_t i = 0; i < sizeof stocks / sizeof *stocks; i++) {
            int step = rand() % 11 - 5;
            if (stocks[i].cents + step > 0)
                stocks[i].cents += step;
            publish(ticks, stocks[i].symbol, stocks[i].cents / 100.0);
            nanosleep(&PAUSE, NULL);
        }
    }
}
