// Sends a batch of random orders as `valuz source` does: binds a PUSH, waits for START, sends COUNT orders of five
// frames (symbol, action u8, shares i32, price f64, order id u64), and ends at EXIT.
#include "value.h"

enum { SYMBOLS = 5 };
static const char *const symbols[SYMBOLS] = {"MSFT", "AAPL", "GOOG", "YHOO", "BBRY"};

static void send_orders(void *orders, uint64_t count, uint64_t random) {
    for (uint64_t id = 0; id < count; id++) {
        const char *symbol = symbols[random_u64(&random) % SYMBOLS];
        unsigned char action = random_u64(&random) & 1;
        int32_t shares = 1 + (int32_t)(random_u64(&random) % 1000);
        double price = 1.0 + 999.0 * random_unit(&random);
        bool sent = zmq_send(orders, symbol, 4, ZMQ_SNDMORE) >= 0 &&
                    zmq_send(orders, &action, sizeof action, ZMQ_SNDMORE) >= 0 &&
                    zmq_send(orders, &shares, sizeof shares, ZMQ_SNDMORE) >= 0 &&
                    zmq_send(orders, &price, sizeof price, ZMQ_SNDMORE) >= 0 &&
                    zmq_send(orders, &id, sizeof id, 0) >= 0;
        check(sent, "send an order");
    }
}

int main(int argc, char **argv) {
    if (argc != 5) {
        fprintf(stderr, "usage: value_source ORDERS CONTROL COUNT SEED\n");
        return 2;
    }
    void *context = zmq_ctx_new();
    void *orders = open_socket(context, ZMQ_PUSH);
    bind_socket(orders, argv[1]);
    void *control = open_socket(context, ZMQ_SUB);
    subscribe(control, &START, 1);
    subscribe(control, &EXIT, 1);
    connect_socket(control, argv[2]);

    unsigned char command = receive_command(control, 0);
    if (command == START) {
        send_orders(orders, strtoull(argv[3], NULL, 10), strtoull(argv[4], NULL, 10));
        while (receive_command(control, 0) != EXIT) {}
    }
    zmq_close(orders);
    zmq_close(control);
    zmq_ctx_term(context);
    return 0;
}
