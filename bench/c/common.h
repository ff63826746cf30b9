// Shared by the reference programs: making a socket, the clock, random numbers, and percentiles.
//
// Sockets have a high-water mark of 10,000 messages each way, like the suite's, and a linger of 10 s, so that
// messages sent before the end still arrive; except SUB, whose pending subscriptions need not. Every other option
// keeps libzmq's default: no heartbeats, no security, no limit on a message's size, one I/O thread per context.
#pragma once

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zmq.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the wire is little-endian, and numbers are copied as they are");

enum { HIGH_WATER_MARK = 10000, LINGER_MS = 10000, SYMBOL_BYTES_MAX = 16 };

static inline void die(const char *what) {
    fprintf(stderr, "%s: %s\n", what, zmq_strerror(zmq_errno()));
    exit(1);
}

static inline void check(bool ok, const char *what) {
    if (!ok) die(what);
}

static inline void set_option(void *socket, int option, int value) {
    check(zmq_setsockopt(socket, option, &value, sizeof value) == 0, "zmq_setsockopt");
}

static inline void *open_socket(void *context, int type) {
    void *socket = zmq_socket(context, type);
    check(socket != NULL, "zmq_socket");
    set_option(socket, ZMQ_SNDHWM, HIGH_WATER_MARK);
    set_option(socket, ZMQ_RCVHWM, HIGH_WATER_MARK);
    if (type != ZMQ_SUB) set_option(socket, ZMQ_LINGER, LINGER_MS);
    return socket;
}

// Binds, and prints the endpoint that the system chose as one line on standard output.
static inline void bind_socket(void *socket, const char *endpoint) {
    check(zmq_bind(socket, endpoint) == 0, endpoint);
    char bound[256];
    size_t size = sizeof bound;
    check(zmq_getsockopt(socket, ZMQ_LAST_ENDPOINT, bound, &size) == 0, "ZMQ_LAST_ENDPOINT");
    puts(bound);
    fflush(stdout);
}

static inline void connect_socket(void *socket, const char *endpoint) {
    check(zmq_connect(socket, endpoint) == 0, endpoint);
}

static inline void subscribe(void *socket, const void *topic, size_t size) {
    check(zmq_setsockopt(socket, ZMQ_SUBSCRIBE, topic, size) == 0, "ZMQ_SUBSCRIBE");
}

// Receives one message of at most `capacity` frames, initialised by the caller and reused; frames beyond that are read
// and discarded. Returns the number of frames, or -1 with zmq_errno() set.
static inline int receive_frames(void *socket, zmq_msg_t *frames, int capacity, int flags) {
    int count = 0;
    for (;;) {
        zmq_msg_t *frame = &frames[count < capacity ? count : capacity - 1];
        if (zmq_msg_recv(frame, socket, flags) < 0) return -1;
        count++;
        if (!zmq_msg_more(frame)) return count;
    }
}

static inline bool is_symbol(const unsigned char *text, size_t size) {
    if (size < 2 || size > SYMBOL_BYTES_MAX || text[0] < 'A' || text[0] > 'Z') return false;
    for (size_t i = 1; i < size; i++)
        if (!((text[i] >= 'A' && text[i] <= 'Z') || (text[i] >= '0' && text[i] <= '9'))) return false;
    return true;
}

static inline int64_t nanoseconds(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

// splitmix64: one multiplication chain per number, and any seed will do.
static inline uint64_t random_u64(uint64_t *state) {
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

// Uniform in (0, 1).
static inline double random_unit(uint64_t *state) {
    return ((double)(random_u64(state) >> 11) + 0.5) * 0x1p-53;
}

static inline int compare_i64(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

// Prints {"p50":…,"p99":…,"p99_9":…} in microseconds from samples in nanoseconds, which it sorts in place.
static inline void print_percentiles_us(int64_t *samples_ns, size_t count) {
    qsort(samples_ns, count, sizeof *samples_ns, compare_i64);
    const char *const names[] = {"p50", "p99", "p99_9"};
    const double quantiles[] = {0.5, 0.99, 0.999};
    putchar('{');
    for (int i = 0; i < 3; i++) {
        size_t rank = count ? (size_t)ceil(quantiles[i] * (double)count) - 1 : 0;
        printf("%s\"%s\":%.1f", i ? "," : "", names[i], count ? (double)samples_ns[rank] / 1e3 : 0.0);
    }
    putchar('}');
}
