/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Watches prices (protocol-docs/tickz.md).
 *
 *     publish                       watch
 *    ┌─────┐   MSFT, time, 41.78   ┌─────┐
 *    │ PUB │ ────────────────────▶ │ SUB │
 *    └─────┘                       └─────┘
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

enum { SYMBOL, TIME, PRICE, SEQUENCE, FRAMES };

static zmq_msg_t tick[FRAMES];

static void quit(int signal)
{
    (void)signal;
    _exit(0);
}

static bool is_symbol(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (!isupper((unsigned char)text[i]) && (i == 0 || !isdigit((unsigned char)text[i])))
            return false;
    return size >= 2 && size <= 16;
}

/* Counts a malformed message, and logs the count at most once a second. */
static void drop(void)
{
    static long count;
    static time_t logged;
    count++;
    if (time(NULL) != logged)
        fprintf(stderr, "%ld malformed ticks dropped\n", count);
    logged = time(NULL);
}

/* Receives a tick and returns how many frames it has, 0 if there is none. Those after the fourth are not kept. */
static int receive(void *ticks)
{
    int count = 0;
    zmq_msg_t extra;
    zmq_msg_init(&extra);
    for (bool more = true; more; count++) {
        zmq_msg_t *frame = count < FRAMES ? &tick[count] : &extra;
        if (zmq_msg_recv(frame, ticks, 0) < 0)
            return 0;
        more = zmq_msg_more(frame);
    }
    zmq_msg_close(&extra);
    return count;
}

/* The number in a frame, which is not finite if the frame has no 8 bytes. */
static double f64(zmq_msg_t *frame)
{
    uint64_t bits;
    double number;
    if (zmq_msg_size(frame) != sizeof bits)
        return NAN;
    memcpy(&bits, zmq_msg_data(frame), sizeof bits);
    bits = le64toh(bits);
    memcpy(&number, &bits, sizeof number);
    return number;
}

/* Whether the tick, which has this many frames, is well-formed. */
static bool is_valid(int count)
{
    return count > PRICE && is_symbol(zmq_msg_data(&tick[SYMBOL]), zmq_msg_size(&tick[SYMBOL])) &&
           isfinite(f64(&tick[TIME])) && isfinite(f64(&tick[PRICE])) && f64(&tick[PRICE]) > 0 &&
           (count == SEQUENCE || zmq_msg_size(&tick[SEQUENCE]) == 8);
}

/* Whether the tick is of one of these symbols: the subscription is only a prefix, GO also brings GOOG. */
static bool is_wanted(char **symbols)
{
    size_t size = zmq_msg_size(&tick[SYMBOL]);
    for (; *symbols; symbols++)
        if (strlen(*symbols) == size && memcmp(*symbols, zmq_msg_data(&tick[SYMBOL]), size) == 0)
            return true;
    return false;
}

/* Prints a price with as many digits as it takes to get the same number back. */
static void print(const char *symbol, int size, double price)
{
    char text[32];
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, price);
        if (strtod(text, NULL) == price)
            break;
    }
    printf("%.*s %s\n", size, symbol, text);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    bool valid = argc > 1;
    for (int i = 1; i < argc; i++)
        valid = valid && is_symbol(argv[i], strlen(argv[i]));
    if (!valid) {
        fprintf(stderr, "usage: %s SYMBOL...\n", argv[0]);
        return 2;
    }
    signal(SIGINT, quit);
    signal(SIGTERM, quit);

    const char *endpoint = getenv("TICKZ_TICKS");
    void *context = zmq_ctx_new();
    void *ticks = zmq_socket(context, ZMQ_SUB);
    for (int i = 1; i < argc; i++)
        zmq_setsockopt(ticks, ZMQ_SUBSCRIBE, argv[i], strlen(argv[i]));
    /* Without probes a network that fails silently would be waited for without end. */
    zmq_setsockopt(ticks, ZMQ_TCP_KEEPALIVE, &(int){1}, sizeof(int));
    zmq_setsockopt(ticks, ZMQ_TCP_KEEPALIVE_IDLE, &(int){5}, sizeof(int));
    if (zmq_connect(ticks, endpoint ? endpoint : "tcp://127.0.0.1:9003") != 0) {
        fprintf(stderr, "error: cannot connect ticks: %s\n", zmq_strerror(zmq_errno()));
        return 1;
    }

    for (int i = 0; i < FRAMES; i++)
        zmq_msg_init(&tick[i]);
    for (;;) {
        int count = receive(ticks);
        if (count == 0)
            continue; /* interrupted by a signal */
        if (!is_valid(count))
            drop();
        else if (is_wanted(argv + 1))
            print(zmq_msg_data(&tick[SYMBOL]), (int)zmq_msg_size(&tick[SYMBOL]), f64(&tick[PRICE]));
    }
}
