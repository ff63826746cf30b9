// The load of the request rows, shared by clients and workers of all brokers: a request's body is its number and words that
// follow from it; a worker's reply has the same number and the words inverted. So a reply that is lost, doubled or another
// request's is noticed, whatever is between client and worker.
#pragma once

#include <signal.h>

#include "common.h"

enum { WORDS = 4, BODY_BYTES = 8 * WORDS, IN_FLIGHT = 64, WARM_UP = 1000, PATIENCE_MS = 20000 };
static const char SERVICE[] = "echo";

static inline void make_request(uint64_t number, uint64_t body[WORDS]) {
    uint64_t state = number;
    body[0] = number;
    for (int i = 1; i < WORDS; i++) body[i] = random_u64(&state);
}

static inline void give_up(const char *why) {
    fprintf(stderr, "%s\n", why);
    exit(1);
}

// The client's side: of `total` requests, the first WARM_UP are not measured.
struct load {
    uint64_t total, sent, answered;
    int64_t *times_ns;  // when a request was sent; once it is answered, its latency, negative
    int64_t begin_ns;
};

static inline struct load start_load(uint64_t count) {
    struct load load = {.total = count + WARM_UP};
    load.times_ns = calloc(load.total, sizeof *load.times_ns);
    check(load.times_ns != NULL, "calloc");
    return load;
}

// The first request is alone: its reply shows that there is a worker.
static inline bool may_send(const struct load *load) {
    return load->sent < load->total && load->sent - load->answered < (load->answered == 0 ? 1 : IN_FLIGHT);
}

static inline void next_request(struct load *load, uint64_t body[WORDS]) {
    int64_t now_ns = nanoseconds(CLOCK_MONOTONIC);
    if (load->sent == WARM_UP) load->begin_ns = now_ns;
    load->times_ns[load->sent] = now_ns;
    make_request(load->sent++, body);
}

static inline void take_reply(struct load *load, const void *bytes, size_t size) {
    uint64_t reply[WORDS], expected[WORDS];
    if (size != BODY_BYTES) give_up("a reply has another length than its request");
    memcpy(reply, bytes, sizeof reply);
    uint64_t number = reply[0];
    if (number >= load->sent || load->times_ns[number] <= 0) give_up("a reply is of no open request");
    make_request(number, expected);
    for (int i = 1; i < WORDS; i++)
        if (reply[i] != ~expected[i]) give_up("a reply is not that of its request");
    load->times_ns[number] -= nanoseconds(CLOCK_MONOTONIC);
    load->answered++;
}

static inline double elapsed_ms(const struct load *load) {
    return (double)(nanoseconds(CLOCK_MONOTONIC) - load->begin_ns) / 1e6;
}

// Prints what was measured as one line of JSON.
static inline void print_load(struct load *load) {
    uint64_t count = load->total - WARM_UP;
    printf("{\"count\":%" PRIu64 ",\"elapsed_ms\":%.3f,\"latency_us\":", count, elapsed_ms(load));
    for (uint64_t i = 0; i < load->total; i++) load->times_ns[i] = -load->times_ns[i];
    print_percentiles_us(load->times_ns + WARM_UP, count);
    puts("}");
}

// The same of requests that were accepted, not answered.
static inline void print_accepted(const struct load *load) {
    printf("{\"count\":%" PRIu64 ",\"elapsed_ms\":%.3f}\n", load->total - WARM_UP, elapsed_ms(load));
}

// The worker's side: it works until SIGTERM, or until it has done a given number of requests.
static volatile sig_atomic_t is_stopped;

static inline void on_stop(int signal) { is_stopped = signal; }

struct work {
    uint64_t done, until;
    bool *seen;
    uint64_t known;  // the length of `seen`
};

// `until` is a number, or NULL.
static inline struct work start_work(const char *until) {
    struct sigaction action = {.sa_handler = on_stop};
    check(sigaction(SIGTERM, &action, NULL) == 0, "sigaction");
    return (struct work){.until = until ? strtoull(until, NULL, 10) : UINT64_MAX};
}

static inline bool is_working(const struct work *work) { return !is_stopped && work->done < work->until; }

// Turns a request into its reply, in place.
static inline void do_request(struct work *work, void *bytes, size_t size) {
    uint64_t body[WORDS];
    if (size != BODY_BYTES) give_up("a request has a wrong length");
    memcpy(body, bytes, sizeof body);
    if (body[0] >= UINT64_C(1) << 32) give_up("a request has a wrong number");
    if (body[0] >= work->known) {
        uint64_t known = 2 * body[0] + 4096;
        work->seen = realloc(work->seen, known);
        check(work->seen != NULL, "realloc");
        memset(work->seen + work->known, 0, known - work->known);
        work->known = known;
    }
    if (work->seen[body[0]]) give_up("a request came twice");
    work->seen[body[0]] = true;
    work->done++;
    for (int i = 1; i < WORDS; i++) body[i] = ~body[i];
    memcpy(bytes, body, sizeof body);
}

static inline void print_work(const struct work *work) { printf("{\"done\":%" PRIu64 "}\n", work->done); }
