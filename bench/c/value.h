// The commands of the valuz wire, shared by the reference programs.
#pragma once

#include "common.h"

static const unsigned char READY = 0x02, START = 0x00, EXIT = 0x01;

enum { ORDER_FRAMES = 5, RESULT_FRAMES = 3 };

// Waits for one command that this socket subscribes to.
static inline unsigned char receive_command(void *control, int flags) {
    unsigned char command = 0xff;
    if (zmq_recv(control, &command, 1, flags) < 0) check(zmq_errno() == EAGAIN, "receive a command");
    return command;
}

// Waits for WORKERS times READY and for the subscription of the source.
static inline void await_ready(void *results, void *control, int workers) {
    bool source = false;
    zmq_pollitem_t items[] = {{results, 0, ZMQ_POLLIN, 0}, {control, 0, ZMQ_POLLIN, 0}};
    while (workers > 0 || !source) {
        check(zmq_poll(items, 2, -1) >= 0, "zmq_poll");
        unsigned char bytes[2] = {0};
        if ((items[0].revents & ZMQ_POLLIN) && zmq_recv(results, bytes, 1, 0) == 1 && bytes[0] == READY) workers--;
        // Only the source subscribes to START.
        if ((items[1].revents & ZMQ_POLLIN) && zmq_recv(control, bytes, 2, 0) == 2 && bytes[0] == 1 && bytes[1] == START)
            source = true;
    }
}

// Connects, and returns when the handshake with the peer is complete. The monitor is opened before the
// connection is made, so it misses no event.
static inline void connect_and_await_handshake(void *context, void *socket, const char *endpoint) {
    static const char MONITOR[] = "inproc://monitor.orders";
    check(zmq_socket_monitor(socket, MONITOR, ZMQ_EVENT_HANDSHAKE_SUCCEEDED) == 0, "zmq_socket_monitor");
    void *monitor = open_socket(context, ZMQ_PAIR);
    connect_socket(monitor, MONITOR);
    connect_socket(socket, endpoint);
    char event[6], address[256];
    check(zmq_recv(monitor, event, sizeof event, 0) >= 0, "receive an event");
    check(zmq_recv(monitor, address, sizeof address, 0) >= 0, "receive an event's address");
    zmq_socket_monitor(socket, NULL, 0);
    zmq_close(monitor);
}

// What a worker does, from the command line: opens its sockets, says READY once its orders connection has completed its
// handshake, and works until `work` returns, which it does at EXIT.
static inline int run_worker(int argc, char **argv, void (*work)(void *orders, void *results, void *control)) {
    if (argc != 4) {
        fprintf(stderr, "usage: %s ORDERS RESULTS CONTROL\n", argv[0]);
        return 2;
    }
    void *context = zmq_ctx_new();
    void *control = open_socket(context, ZMQ_SUB);
    subscribe(control, &EXIT, 1);
    connect_socket(control, argv[3]);
    void *results = open_socket(context, ZMQ_PUSH);
    connect_socket(results, argv[2]);
    void *orders = open_socket(context, ZMQ_PULL);
    connect_and_await_handshake(context, orders, argv[1]);
    check(zmq_send(results, &READY, 1, 0) == 1, "send READY");

    work(orders, results, control);
    zmq_close(orders);
    zmq_close(results);
    zmq_close(control);
    zmq_ctx_term(context);
    return 0;
}

// What a reduce does, from the command line: binds its sockets, waits for its workers and the source, and publishes
// START. `reduce` takes the results of as many orders as expected, and publishes EXIT.
static inline int run_reduce(int argc, char **argv, void (*reduce)(void *results, void *control, uint64_t expected)) {
    if (argc != 5) {
        fprintf(stderr, "usage: %s RESULTS CONTROL WORKERS COUNT\n", argv[0]);
        return 2;
    }
    void *context = zmq_ctx_new();
    void *results = open_socket(context, ZMQ_PULL);
    bind_socket(results, argv[1]);
    void *control = open_socket(context, ZMQ_XPUB);
    set_option(control, ZMQ_XPUB_VERBOSE, 1);
    bind_socket(control, argv[2]);
    await_ready(results, control, atoi(argv[3]));
    reduce(results, control, strtoull(argv[4], NULL, 10));
    zmq_close(results);
    zmq_close(control);
    zmq_ctx_term(context);
    return 0;
}

// Publishes a command of reduce, and returns when.
static inline int64_t publish_command(void *control, unsigned char command) {
    int64_t now_ns = nanoseconds(CLOCK_MONOTONIC);
    check(zmq_send(control, &command, 1, 0) == 1, "send a command");
    return now_ns;
}
