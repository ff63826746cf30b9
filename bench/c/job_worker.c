// A worker of a broker of 18/MDP, in C or in the suite: does the requests to `echo`, and at the end prints how many. With a
// CREDIT of more than 1 it uses the extension `credit`.
#include "mdp.h"

// Answers one message; false if there is none.
static bool answer(void *jobs, zmq_msg_t *frames, struct work *work) {
    int count = receive_frames(jobs, frames, MESSAGE_FRAMES, ZMQ_DONTWAIT);
    if (count < 0) {
        check(zmq_errno() == EAGAIN || zmq_errno() == EINTR, "receive a request");
        return false;
    }
    if (count < 2 || !frame_is(&frames[0], WORKER, HEADER_BYTES)) give_up("a message is not for a worker");
    unsigned char command = command_in(&frames[1]);
    if (command == HEARTBEAT) return true;
    if (command != REQUEST || count != 5 || zmq_msg_size(&frames[3]) != 0) give_up("a message is no request");
    do_request(work, zmq_msg_data(&frames[4]), zmq_msg_size(&frames[4]));
    check(send_command(jobs, WORKER, FINAL, true) && send_frame(jobs, &frames[2], true) &&
              send_frame(jobs, &frames[3], true) && send_frame(jobs, &frames[4], false),
          "send a reply");
    return true;
}

int main(int argc, char **argv) {
    uint64_t credit = argc == 3 || argc == 4 ? strtoull(argv[2], NULL, 10) : 0;
    if (credit < 1 || credit > CREDIT_MAX) {
        fprintf(stderr, "usage: job_worker JOBS CREDIT [UNTIL]\n");
        return 2;
    }
    struct work work = start_work(argc == 4 ? argv[3] : NULL);
    void *context = zmq_ctx_new();
    void *jobs = open_socket(context, ZMQ_DEALER);
    connect_socket(jobs, argv[1]);
    check(send_command(jobs, WORKER, READY, true) && send_bytes(jobs, SERVICE, sizeof SERVICE - 1, credit > 1), "send READY");
    if (credit > 1) check(send_bytes(jobs, &credit, sizeof credit, false), "send the credit");

    zmq_msg_t frames[MESSAGE_FRAMES];
    for (int i = 0; i < MESSAGE_FRAMES; i++) zmq_msg_init(&frames[i]);
    int64_t beat_ns = nanoseconds(CLOCK_MONOTONIC) + HEARTBEAT_NS;
    while (is_working(&work)) {
        for (int i = 0; i < 100 && is_working(&work) && answer(jobs, frames, &work); i++) {}
        if (!is_working(&work)) break;
        int64_t now_ns = nanoseconds(CLOCK_MONOTONIC);
        if (now_ns >= beat_ns) {
            check(send_command(jobs, WORKER, HEARTBEAT, false), "send a heartbeat");
            beat_ns = now_ns + HEARTBEAT_NS;
        }
        zmq_pollitem_t item = {jobs, 0, ZMQ_POLLIN, 0};
        if (zmq_poll(&item, 1, (long)((beat_ns - now_ns) / 1000000 + 1)) < 0) check(zmq_errno() == EINTR, "zmq_poll");
    }
    check(send_command(jobs, WORKER, DISCONNECT, false), "send DISCONNECT");
    print_work(&work);
    zmq_close(jobs);
    zmq_ctx_term(context);
    return 0;
}
