// Values orders as `valuz worker --valuation notional` does: sends READY once its orders connection has completed its
// handshake, then turns each order (symbol, action, shares, price, tail) into a result (symbol, value, tail), and
// ends at EXIT.
#include "value.h"

enum { FRAMES_MAX = 8 };

static bool value_order(zmq_msg_t *frames, int count, double *value) {
    if (count < 4 || count > FRAMES_MAX || !is_symbol(zmq_msg_data(&frames[0]), zmq_msg_size(&frames[0]))) return false;
    if (zmq_msg_size(&frames[1]) != 1 || zmq_msg_size(&frames[2]) != 4 || zmq_msg_size(&frames[3]) != 8) return false;
    unsigned char action = *(unsigned char *)zmq_msg_data(&frames[1]);
    int32_t shares;
    double price;
    memcpy(&shares, zmq_msg_data(&frames[2]), sizeof shares);
    memcpy(&price, zmq_msg_data(&frames[3]), sizeof price);
    if (action > 1 || shares <= 0 || !isfinite(price) || price <= 0.0) return false;
    *value = (action == 0 ? 1.0 : -1.0) * shares * price;
    return true;
}

static void send_result(void *results, zmq_msg_t *frames, int count, double value) {
    bool sent = zmq_msg_send(&frames[0], results, ZMQ_SNDMORE) >= 0 &&
                zmq_send(results, &value, sizeof value, count > 4 ? ZMQ_SNDMORE : 0) >= 0;
    for (int i = 4; i < count && sent; i++)
        sent = zmq_msg_send(&frames[i], results, i + 1 < count ? ZMQ_SNDMORE : 0) >= 0;
    check(sent, "send a result");
}

static void work(void *orders, void *results, void *control) {
    zmq_msg_t frames[FRAMES_MAX];
    for (int i = 0; i < FRAMES_MAX; i++) zmq_msg_init(&frames[i]);
    zmq_pollitem_t items[] = {{orders, 0, ZMQ_POLLIN, 0}, {control, 0, ZMQ_POLLIN, 0}};
    for (;;) {
        // Drains the queue and polls only when it is empty: a poll per message would cost more than the work.
        int count;
        while ((count = receive_frames(orders, frames, FRAMES_MAX, ZMQ_DONTWAIT)) >= 0) {
            double value;
            if (value_order(frames, count, &value)) send_result(results, frames, count, value);
        }
        check(zmq_errno() == EAGAIN, "receive an order");
        check(zmq_poll(items, 2, -1) >= 0, "zmq_poll");
        if ((items[1].revents & ZMQ_POLLIN) && receive_command(control, ZMQ_DONTWAIT) == EXIT) break;
    }
    for (int i = 0; i < FRAMES_MAX; i++) zmq_msg_close(&frames[i]);
}

int main(int argc, char **argv) {
    return run_worker(argc, argv, work);
}
