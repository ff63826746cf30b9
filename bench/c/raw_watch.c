// Watches the records of `raw_publish`: checks every tick, counts lost ones, and prints one JSON object at the end.
#include "raw.h"

enum { WATCHED_MAX = 64, BLOCK = 2048, ATTEMPTS = 500, ATTEMPT_NS = 10000000 };

struct watched {
    char symbol[8];
    uint64_t next_sequence;
    bool seen;
    double last_price;
};

struct tally {
    int64_t received, malformed, lost;
};

static void take(struct tally *tally, struct watched *watched, int symbols, const struct record *record) {
    if (!isfinite(record->timestamp) || !isfinite(record->price) || record->price <= 0.0) {
        tally->malformed++;
        return;
    }
    for (int i = 0; i < symbols; i++) {
        struct watched *symbol = &watched[i];
        if (memcmp(symbol->symbol, record->symbol, sizeof symbol->symbol) != 0) continue;
        if (symbol->seen && record->sequence > symbol->next_sequence)
            tally->lost += (int64_t)(record->sequence - symbol->next_sequence);
        symbol->next_sequence = record->sequence + 1;
        symbol->seen = true;
        symbol->last_price = record->price;
        tally->received++;
        return;
    }
}

// The publisher may come a little later, as libzmq allows.
static int connect_raw(const char *endpoint) {
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        struct sockaddr_in address;
        int connection = raw_socket(endpoint, &address);
        if (connect(connection, (struct sockaddr *)&address, sizeof address) == 0) return connection;
        close(connection);
        nanosleep(&(struct timespec){.tv_nsec = ATTEMPT_NS}, NULL);
    }
    die(endpoint);
    return -1;
}

int main(int argc, char **argv) {
    int symbols = argc - 3;
    if (symbols < 1 || symbols > WATCHED_MAX) {
        fprintf(stderr, "usage: raw_watch ENDPOINT COUNT SYMBOL...\n");
        return 2;
    }
    int64_t wanted = strtoll(argv[2], NULL, 10);
    struct watched watched[WATCHED_MAX] = {0};
    for (int i = 0; i < symbols; i++) memcpy(watched[i].symbol, argv[3 + i], strnlen(argv[3 + i], sizeof watched[i].symbol));
    int connection = connect_raw(argv[1]);

    static struct record records[BLOCK];
    struct tally tally = {0};
    size_t held = 0;
    int64_t first_ns = 0, last_ns = 0;
    while (tally.received + tally.malformed < wanted) {
        ssize_t size = read(connection, (char *)records + held, sizeof records - held);
        check(size >= 0, "read");
        if (size == 0) break;
        if (first_ns == 0) first_ns = nanoseconds(CLOCK_MONOTONIC);
        held += (size_t)size;
        size_t whole = held / sizeof records[0];
        for (size_t i = 0; i < whole; i++) take(&tally, watched, symbols, &records[i]);
        held -= whole * sizeof records[0];
        memmove(records, &records[whole], held);
    }
    last_ns = nanoseconds(CLOCK_MONOTONIC);
    printf("{\"received\":%" PRId64 ",\"lost\":%" PRId64 ",\"malformed\":%" PRId64 ",\"elapsed_ms\":%.3f}\n", tally.received,
           tally.lost, tally.malformed, (double)(last_ns - first_ns) / 1e6);
    close(connection);
    return 0;
}
