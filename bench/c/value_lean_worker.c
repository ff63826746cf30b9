// Values orders as value_worker does, but as lean as libzmq allows: receives each frame straight into a variable and
// checks nothing of what it receives.
#include "value.h"

// Receives one frame of the order; false if there is none now. Once the first frame is there, so are the others.
static bool receive(void *orders, void *frame, size_t size, int *received) {
    *received = zmq_recv(orders, frame, size, ZMQ_DONTWAIT);
    if (*received < 0) check(zmq_errno() == EAGAIN, "receive an order");
    return *received >= 0;
}

static bool value_next(void *orders, void *results) {
    char symbol[SYMBOL_BYTES_MAX];
    unsigned char action;
    int32_t shares;
    double price;
    uint64_t id;
    int size, ignored;
    if (!receive(orders, symbol, sizeof symbol, &size)) return false;
    receive(orders, &action, sizeof action, &ignored);
    receive(orders, &shares, sizeof shares, &ignored);
    receive(orders, &price, sizeof price, &ignored);
    receive(orders, &id, sizeof id, &ignored);
    double value = (action == 0 ? 1.0 : -1.0) * shares * price;
    bool sent = zmq_send(results, symbol, (size_t)size, ZMQ_SNDMORE) >= 0 &&
                zmq_send(results, &value, sizeof value, ZMQ_SNDMORE) >= 0 && zmq_send(results, &id, sizeof id, 0) >= 0;
    check(sent, "send a result");
    return true;
}

static void work(void *orders, void *results, void *control) {
    zmq_pollitem_t items[] = {{orders, 0, ZMQ_POLLIN, 0}, {control, 0, ZMQ_POLLIN, 0}};
    for (;;) {
        while (value_next(orders, results)) {}
        check(zmq_poll(items, 2, -1) >= 0, "zmq_poll");
        if ((items[1].revents & ZMQ_POLLIN) && receive_command(control, ZMQ_DONTWAIT) == EXIT) break;
    }
}

int main(int argc, char **argv) {
    return run_worker(argc, argv, work);
}
