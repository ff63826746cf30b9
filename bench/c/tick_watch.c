// Watches ticks as `tickz watch --summary` does: subscribes to each symbol, checks and decodes every tick, counts lost
// ticks if they are numbered, and prints one JSON object at the end. With --bursts it subscribes to the bursts of each symbol.
// It ends after --count ticks, or when none has come for 5 s.
#include "common.h"

enum { WATCHED_MAX = 64, FRAMES_MAX = 4, BURST_MAX = 256, SILENCE_MS = 5000 };

struct watched {
    const char *symbol;
    size_t size;
    uint64_t next_sequence;
    bool seen;
    double last_price;
};

struct tally {
    int64_t received, malformed, lost;
    int64_t first_ns, last_ns;
    int64_t *latency_ns;  // NULL: not requested
};

static struct watched *find(struct watched *watched, int count, const void *symbol, size_t size) {
    for (int i = 0; i < count; i++)
        if (watched[i].size == size && memcmp(watched[i].symbol, symbol, size) == 0) return &watched[i];
    return NULL;
}

static bool decode(zmq_msg_t *frames, int count, double *timestamp, double *price, uint64_t *sequence) {
    if (count < 3 || !is_symbol(zmq_msg_data(&frames[0]), zmq_msg_size(&frames[0]))) return false;
    if (zmq_msg_size(&frames[1]) != 8 || zmq_msg_size(&frames[2]) != 8) return false;
    memcpy(timestamp, zmq_msg_data(&frames[1]), 8);
    memcpy(price, zmq_msg_data(&frames[2]), 8);
    if (!isfinite(*timestamp) || !isfinite(*price) || *price <= 0.0) return false;
    if (count == 3) return true;
    if (zmq_msg_size(&frames[3]) != 8) return false;
    memcpy(sequence, zmq_msg_data(&frames[3]), 8);
    return true;
}

static void take_number(struct tally *tally, struct watched *symbol, uint64_t sequence) {
    if (symbol->seen && sequence > symbol->next_sequence) tally->lost += (int64_t)(sequence - symbol->next_sequence);
    symbol->next_sequence = sequence + 1;
    symbol->seen = true;
}

static void take(struct tally *tally, struct watched *symbol, double timestamp, double price) {
    if (tally->latency_ns)
        tally->latency_ns[tally->received] = nanoseconds(CLOCK_REALTIME) - (int64_t)(timestamp * 1e9);
    if (tally->received++ == 0) tally->first_ns = nanoseconds(CLOCK_MONOTONIC);
    symbol->last_price = price;
}

// Takes the ticks of a burst; false if it is malformed.
static bool take_burst(struct tally *tally, struct watched *watched, int symbols, zmq_msg_t *frames, int count) {
    size_t topic_size = zmq_msg_size(&frames[0]), size = count < 2 ? 0 : zmq_msg_size(&frames[1]);
    const char *topic = zmq_msg_data(&frames[0]);
    if (topic_size < 1 || topic[0] != '+' || !is_symbol((const unsigned char *)topic + 1, topic_size - 1)) return false;
    if (size == 0 || size % 16 != 0 || size > 16 * BURST_MAX) return false;
    const unsigned char *ticks = zmq_msg_data(&frames[1]);
    double both[2];
    for (size_t i = 0; i < size; i += 16) {
        memcpy(both, ticks + i, sizeof both);
        if (!isfinite(both[0]) || !isfinite(both[1]) || both[1] <= 0.0) return false;
    }
    uint64_t sequence = 0;
    if (count > 2) {
        if (zmq_msg_size(&frames[2]) != 8) return false;
        memcpy(&sequence, zmq_msg_data(&frames[2]), 8);
    }
    struct watched *symbol = find(watched, symbols, topic + 1, topic_size - 1);
    for (size_t i = 0; symbol != NULL && i < size; i += 16) {
        memcpy(both, ticks + i, sizeof both);
        if (count > 2) take_number(tally, symbol, sequence++);
        take(tally, symbol, both[0], both[1]);
    }
    return true;
}

static void watch(void *socket, struct watched *watched, int symbols, int64_t wanted, struct tally *tally) {
    zmq_msg_t frames[FRAMES_MAX];
    for (int i = 0; i < FRAMES_MAX; i++) zmq_msg_init(&frames[i]);
    while (tally->received < wanted) {
        int count = receive_frames(socket, frames, FRAMES_MAX, 0);
        if (count < 0) {
            check(zmq_errno() == EAGAIN, "receive a tick");
            break;
        }
        if (*(const char *)zmq_msg_data(&frames[0]) == '+') {
            if (!take_burst(tally, watched, symbols, frames, count)) tally->malformed++;
            continue;
        }
        double timestamp, price;
        uint64_t sequence = 0;
        if (!decode(frames, count, &timestamp, &price, &sequence)) {
            tally->malformed++;
            continue;
        }
        struct watched *symbol = find(watched, symbols, zmq_msg_data(&frames[0]), zmq_msg_size(&frames[0]));
        if (symbol == NULL) continue;
        if (count > 3) take_number(tally, symbol, sequence);
        take(tally, symbol, timestamp, price);
    }
    tally->last_ns = nanoseconds(CLOCK_MONOTONIC);
    for (int i = 0; i < FRAMES_MAX; i++) zmq_msg_close(&frames[i]);
}

int main(int argc, char **argv) {
    static const struct option names[] = {
        {"count", required_argument, NULL, 'n'}, {"latency", no_argument, NULL, 'l'},
        {"bursts", no_argument, NULL, 'p'},      {NULL, 0, NULL, 0},
    };
    int64_t wanted = 1000000;
    bool latency = false, bursts = false;
    for (int name; (name = getopt_long(argc, argv, "", names, NULL)) != -1;) {
        switch (name) {
        case 'n': wanted = strtoll(optarg, NULL, 10); break;
        case 'l': latency = true; break;
        case 'p': bursts = true; break;
        default: return 2;
        }
    }
    int symbols = argc - optind - 1;
    if (symbols < 1 || symbols > WATCHED_MAX) {
        fprintf(stderr, "usage: tick_watch [--count N] [--latency] [--bursts] ENDPOINT SYMBOL...\n");
        return 2;
    }
    void *context = zmq_ctx_new();
    void *socket = open_socket(context, ZMQ_SUB);
    set_option(socket, ZMQ_RCVTIMEO, SILENCE_MS);
    struct watched watched[WATCHED_MAX] = {0};
    for (int i = 0; i < symbols; i++) {
        watched[i].symbol = argv[optind + 1 + i];
        watched[i].size = strlen(watched[i].symbol);
        char topic[SYMBOL_BYTES_MAX + 2];
        int size = snprintf(topic, sizeof topic, "%s%.*s", bursts ? "+" : "", SYMBOL_BYTES_MAX, watched[i].symbol);
        subscribe(socket, topic, (size_t)size);
    }
    connect_socket(socket, argv[optind]);

    struct tally tally = {0};
    if (latency) check((tally.latency_ns = calloc((size_t)wanted, sizeof *tally.latency_ns)) != NULL, "calloc");
    watch(socket, watched, symbols, wanted, &tally);

    printf("{\"received\":%" PRId64 ",\"lost\":%" PRId64 ",\"malformed\":%" PRId64 ",\"elapsed_ms\":%.3f",
           tally.received, tally.lost, tally.malformed, (double)(tally.last_ns - tally.first_ns) / 1e6);
    if (latency) {
        printf(",\"latency_us\":");
        print_percentiles_us(tally.latency_ns, (size_t)tally.received);
    }
    puts("}");
    free(tally.latency_ns);
    zmq_close(socket);
    zmq_ctx_term(context);
    return 0;
}
