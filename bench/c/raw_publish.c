// Publishes simulated ticks as `tick_publish --bursts` does, as packed records on one plain TCP connection: 256 in each write.
#include "market.h"
#include "raw.h"

enum { ROUND = 256 };

static void write_all(int connection, const void *bytes, size_t size) {
    while (size > 0) {
        ssize_t written = write(connection, bytes, size);
        check(written > 0, "write");
        bytes = (const char *)bytes + written;
        size -= (size_t)written;
    }
}

int main(int argc, char **argv) {
    if (argc != 3) {
        fprintf(stderr, "usage: raw_publish ENDPOINT COUNT\n");
        return 2;
    }
    int64_t count = strtoll(argv[2], NULL, 10);
    struct sockaddr_in address;
    int listener = raw_socket(argv[1], &address);
    check(bind(listener, (struct sockaddr *)&address, sizeof address) == 0 && listen(listener, 1) == 0, argv[1]);
    puts(argv[1]);
    fflush(stdout);
    int connection = accept(listener, NULL, NULL);
    check(connection >= 0, "accept");

    struct walk walk = start_walk(0.0);
    static struct record records[ROUND];
    static uint64_t sequences[SYMBOLS];
    int64_t begin_ns = nanoseconds(CLOCK_MONOTONIC);
    for (int64_t i = 0; i < count;) {
        double timestamp = (double)nanoseconds(CLOCK_REALTIME) / 1e9;
        size_t n = 0;
        for (; n < ROUND && i < count; n++, i++) {
            int index = step(&walk);
            memcpy(records[n].symbol, symbols[index], 4);
            records[n].timestamp = timestamp;
            records[n].price = prices[index];
            records[n].sequence = sequences[index]++;
        }
        write_all(connection, records, n * sizeof records[0]);
    }
    double elapsed_ms = (double)(nanoseconds(CLOCK_MONOTONIC) - begin_ns) / 1e6;
    printf("{\"published\":%" PRId64 ",\"elapsed_ms\":%.3f}\n", count, elapsed_ms);
    close(connection);
    close(listener);
    return 0;
}
