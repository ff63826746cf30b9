// Adds results up as value_reduce does, but as lean as libzmq allows: receives each frame straight into a variable,
// checks nothing of what it receives, and has one sum, a plain double. It does not count order ids, so a second result
// of an order would count.
#include "value.h"

int main(int argc, char **argv) {
    if (argc != 5) {
        fprintf(stderr, "usage: value_lean_reduce RESULTS CONTROL WORKERS COUNT\n");
        return 2;
    }
    void *context = zmq_ctx_new();
    void *results = open_socket(context, ZMQ_PULL);
    bind_socket(results, argv[1]);
    void *control = open_socket(context, ZMQ_XPUB);
    set_option(control, ZMQ_XPUB_VERBOSE, 1);
    bind_socket(control, argv[2]);
    uint64_t expected = strtoull(argv[4], NULL, 10), id = 0;
    char symbol[SYMBOL_BYTES_MAX];
    double total = 0.0, value = 0.0;

    await_ready(results, control, atoi(argv[3]));
    int64_t begin_ns = nanoseconds(CLOCK_MONOTONIC);
    check(zmq_send(control, &START, 1, 0) == 1, "send START");
    for (uint64_t counted = 0; counted < expected; counted++) {
        bool received = zmq_recv(results, symbol, sizeof symbol, 0) >= 0 &&
                        zmq_recv(results, &value, sizeof value, 0) >= 0 && zmq_recv(results, &id, sizeof id, 0) >= 0;
        check(received, "receive a result");
        total += value;
    }
    double elapsed_ms = (double)(nanoseconds(CLOCK_MONOTONIC) - begin_ns) / 1e6;
    check(zmq_send(control, &EXIT, 1, 0) == 1, "send EXIT");

    printf("{\"count\":%" PRIu64 ",\"value\":%.6f,\"elapsed_ms\":%.3f}\n", expected, total, elapsed_ms);
    zmq_close(results);
    zmq_close(control);
    zmq_ctx_term(context);
    return 0;
}
