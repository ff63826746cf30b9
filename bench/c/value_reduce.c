// Adds results up as `valuz reduce` does: waits for WORKERS times READY and for the source's subscription, publishes
// START, counts each order id once, sums in total and by symbol, publishes EXIT, and prints one JSON object whose
// elapsed_ms runs from START to the last result. Its sums are plain doubles, in order of arrival.
#include "value.h"

enum { SYMBOLS_MAX = 64, FRAMES_MAX = 4 };

struct sum {
    unsigned char symbol[SYMBOL_BYTES_MAX];
    size_t size;
    double value;
};

struct totals {
    struct sum by_symbol[SYMBOLS_MAX];
    int symbols;
    double value;
    uint64_t *seen;  // one bit per order id
    uint64_t expected, counted, duplicates, malformed;
};

static struct sum *sum_of(struct totals *totals, const unsigned char *symbol, size_t size) {
    for (int i = 0; i < totals->symbols; i++) {
        struct sum *sum = &totals->by_symbol[i];
        if (sum->size == size && memcmp(sum->symbol, symbol, size) == 0) return sum;
    }
    if (totals->symbols == SYMBOLS_MAX) return NULL;
    struct sum *sum = &totals->by_symbol[totals->symbols++];
    memcpy(sum->symbol, symbol, size);
    sum->size = size;
    return sum;
}

static bool decode(zmq_msg_t *frames, int count, uint64_t expected, double *value, uint64_t *id) {
    if (count != RESULT_FRAMES || !is_symbol(zmq_msg_data(&frames[0]), zmq_msg_size(&frames[0]))) return false;
    if (zmq_msg_size(&frames[1]) != 8 || zmq_msg_size(&frames[2]) != 8) return false;
    memcpy(value, zmq_msg_data(&frames[1]), 8);
    memcpy(id, zmq_msg_data(&frames[2]), 8);
    return isfinite(*value) && *id < expected;
}

static void count_result(struct totals *totals, zmq_msg_t *frames, int count) {
    double value;
    uint64_t id;
    if (!decode(frames, count, totals->expected, &value, &id)) {
        totals->malformed++;
        return;
    }
    uint64_t bit = UINT64_C(1) << (id & 63);
    if (totals->seen[id >> 6] & bit) {
        totals->duplicates++;
        return;
    }
    totals->seen[id >> 6] |= bit;
    totals->counted++;
    totals->value += value;
    struct sum *sum = sum_of(totals, zmq_msg_data(&frames[0]), zmq_msg_size(&frames[0]));
    if (sum) sum->value += value;
}

static void print(const struct totals *totals, double elapsed_ms) {
    printf("{\"count\":%" PRIu64 ",\"value\":%.6f,\"by_symbol\":{", totals->counted, totals->value);
    for (int i = 0; i < totals->symbols; i++) {
        const struct sum *sum = &totals->by_symbol[i];
        printf("%s\"%.*s\":%.6f", i ? "," : "", (int)sum->size, (const char *)sum->symbol, sum->value);
    }
    printf("},\"elapsed_ms\":%.3f,\"duplicates\":%" PRIu64 ",\"malformed\":%" PRIu64 "}\n", elapsed_ms,
           totals->duplicates, totals->malformed);
}

static void reduce(void *results, void *control, uint64_t expected) {
    struct totals totals = {.expected = expected};
    check((totals.seen = calloc((expected >> 6) + 1, sizeof *totals.seen)) != NULL, "calloc");
    zmq_msg_t frames[FRAMES_MAX];
    for (int i = 0; i < FRAMES_MAX; i++) zmq_msg_init(&frames[i]);
    int64_t begin_ns = publish_command(control, START);
    while (totals.counted < expected) {
        int count = receive_frames(results, frames, FRAMES_MAX, 0);
        check(count >= 0, "receive a result");
        count_result(&totals, frames, count);
    }
    print(&totals, (double)(publish_command(control, EXIT) - begin_ns) / 1e6);
    for (int i = 0; i < FRAMES_MAX; i++) zmq_msg_close(&frames[i]);
    free(totals.seen);
}

int main(int argc, char **argv) {
    return run_reduce(argc, argv, reduce);
}
