// Adds results up as value_reduce does, but as lean as libzmq allows: receives each frame straight into a variable,
// checks nothing of what it receives, and has one sum, a plain double. It does not count order ids, so a second result
// of an order would count.
#include "value.h"

static void reduce(void *results, void *control, uint64_t expected) {
    char symbol[SYMBOL_BYTES_MAX];
    double total = 0.0, value = 0.0;
    uint64_t id = 0;
    int64_t begin_ns = publish_command(control, START);
    for (uint64_t counted = 0; counted < expected; counted++) {
        bool received = zmq_recv(results, symbol, sizeof symbol, 0) >= 0 &&
                        zmq_recv(results, &value, sizeof value, 0) >= 0 && zmq_recv(results, &id, sizeof id, 0) >= 0;
        check(received, "receive a result");
        total += value;
    }
    double elapsed_ms = (double)(publish_command(control, EXIT) - begin_ns) / 1e6;
    printf("{\"count\":%" PRIu64 ",\"value\":%.6f,\"elapsed_ms\":%.3f}\n", expected, total, elapsed_ms);
}

int main(int argc, char **argv) {
    return run_reduce(argc, argv, reduce);
}
