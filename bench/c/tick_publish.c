// Publishes simulated ticks as `tickz publish` does: five symbols round-robin, a step of geometric Brownian motion each,
// three frames (symbol, timestamp f64, price f64), with --sequence a fourth (u64 by symbol). With --bursts, at full speed
// only, the ticks of each symbol among 256 are one message.
//
// With --rate the loop is open: tick i is due at start + i / rate, however late earlier ticks were, and its
// timestamp is that due time, so a receiver's latency includes the publisher's lateness and nothing is omitted.
#include "market.h"

enum { ROUND = 256 };
static uint64_t sequences[SYMBOLS];

struct pack {
    struct { double timestamp, price; } ticks[ROUND];
    size_t count;
};
static struct pack packs[SYMBOLS];

struct options {
    const char *endpoint;
    int64_t count;
    double rate;  // ticks a second in total; 0: as fast as possible
    int subscriptions;
    bool block, sequence, bursts;
};

static struct options parse(int argc, char **argv) {
    static const struct option names[] = {
        {"count", required_argument, NULL, 'n'}, {"rate", required_argument, NULL, 'r'},
        {"await", required_argument, NULL, 'a'}, {"block", no_argument, NULL, 'b'},
        {"sequence", no_argument, NULL, 's'},    {"bursts", no_argument, NULL, 'p'},
        {NULL, 0, NULL, 0},
    };
    struct options options = {.count = 1000000, .subscriptions = 1};
    for (int name; (name = getopt_long(argc, argv, "", names, NULL)) != -1;) {
        switch (name) {
        case 'n': options.count = strtoll(optarg, NULL, 10); break;
        case 'r': options.rate = strcmp(optarg, "max") == 0 ? 0.0 : strtod(optarg, NULL); break;
        case 'a': options.subscriptions = atoi(optarg); break;
        case 'b': options.block = true; break;
        case 's': options.sequence = true; break;
        case 'p': options.bursts = true; break;
        default: exit(2);
        }
    }
    options.endpoint = argv[optind];
    if (options.endpoint == NULL || (options.bursts && options.rate > 0.0)) {
        fprintf(stderr, "usage: tick_publish [--count N] [--rate N|max] [--await SUBSCRIPTIONS] [--block] [--sequence] [--bursts] ENDPOINT\n");
        exit(2);
    }
    return options;
}

static void await_subscriptions(void *socket, int wanted) {
    while (wanted > 0) {
        unsigned char kind = 0;
        check(zmq_recv(socket, &kind, 1, 0) >= 0, "receive a subscription");
        if (kind == 1) wanted--;
    }
}

static void sleep_until(int64_t due_ns) {
    struct timespec due = {.tv_sec = due_ns / 1000000000, .tv_nsec = due_ns % 1000000000};
    while (clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &due, NULL) == EINTR) {}
}

static void send_tick(void *socket, int index, int64_t timestamp_ns, bool sequence) {
    double timestamp = (double)timestamp_ns / 1e9;
    bool sent = zmq_send(socket, symbols[index], 4, ZMQ_SNDMORE) >= 0 &&
                zmq_send(socket, &timestamp, sizeof timestamp, ZMQ_SNDMORE) >= 0 &&
                zmq_send(socket, &prices[index], sizeof prices[index], sequence ? ZMQ_SNDMORE : 0) >= 0 &&
                (!sequence || zmq_send(socket, &sequences[index], sizeof sequences[index], 0) >= 0);
    check(sent, "send a tick");
    sequences[index]++;
}

static void send_bursts(void *socket, bool sequence) {
    for (int i = 0; i < SYMBOLS; i++) {
        struct pack *pack = &packs[i];
        if (pack->count == 0) continue;
        char topic[5] = "+";
        memcpy(topic + 1, symbols[i], 4);
        bool sent = zmq_send(socket, topic, sizeof topic, ZMQ_SNDMORE) >= 0 &&
                    zmq_send(socket, pack->ticks, pack->count * sizeof pack->ticks[0], sequence ? ZMQ_SNDMORE : 0) >= 0 &&
                    (!sequence || zmq_send(socket, &sequences[i], sizeof sequences[i], 0) >= 0);
        check(sent, "send a burst");
        sequences[i] += pack->count;
        pack->count = 0;
    }
}

// Sends all ticks in rounds, with one look at the clock for each.
static void publish_bursts(void *socket, const struct options *options) {
    struct walk walk = start_walk(0.0);
    for (int64_t i = 0; i < options->count;) {
        double timestamp = (double)nanoseconds(CLOCK_REALTIME) / 1e9;
        for (int n = 0; n < ROUND && i < options->count; n++, i++) {
            int index = step(&walk);
            struct pack *pack = &packs[index];
            pack->ticks[pack->count].timestamp = timestamp;
            pack->ticks[pack->count++].price = prices[index];
        }
        send_bursts(socket, options->sequence);
    }
}

// Sends every tick; if `late_ns` is not NULL, stores there how late each one was sent.
static void publish(void *socket, const struct options *options, int64_t *late_ns) {
    struct walk walk = start_walk(options->rate);
    int64_t start_ns = nanoseconds(CLOCK_REALTIME);
    for (int64_t i = 0; i < options->count; i++) {
        int index = step(&walk);
        int64_t timestamp_ns;
        if (options->rate > 0.0) {
            timestamp_ns = start_ns + (int64_t)((double)i * 1e9 / options->rate);
            if (nanoseconds(CLOCK_REALTIME) < timestamp_ns) sleep_until(timestamp_ns);
            late_ns[i] = nanoseconds(CLOCK_REALTIME) - timestamp_ns;
        } else {
            timestamp_ns = nanoseconds(CLOCK_REALTIME);
        }
        send_tick(socket, index, timestamp_ns, options->sequence);
    }
}

int main(int argc, char **argv) {
    struct options options = parse(argc, argv);
    void *context = zmq_ctx_new();
    void *socket = open_socket(context, ZMQ_XPUB);
    set_option(socket, ZMQ_XPUB_VERBOSE, 1);
    if (options.block) set_option(socket, ZMQ_XPUB_NODROP, 1);
    bind_socket(socket, options.endpoint);
    await_subscriptions(socket, options.subscriptions);

    int64_t *late_ns = NULL;
    if (options.rate > 0.0) check((late_ns = calloc((size_t)options.count, sizeof *late_ns)) != NULL, "calloc");
    int64_t begin_ns = nanoseconds(CLOCK_MONOTONIC);
    if (options.bursts) publish_bursts(socket, &options);
    else publish(socket, &options, late_ns);
    double elapsed_ms = (double)(nanoseconds(CLOCK_MONOTONIC) - begin_ns) / 1e6;

    printf("{\"published\":%" PRId64 ",\"elapsed_ms\":%.3f", options.count, elapsed_ms);
    if (late_ns) {
        printf(",\"late_us\":");
        print_percentiles_us(late_ns, (size_t)options.count);
    }
    puts("}");
    fflush(stdout);
    free(late_ns);
    zmq_close(socket);
    zmq_ctx_term(context);
    return 0;
}
