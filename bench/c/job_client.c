// A client of a broker of 18/MDP, in C or in the suite: keeps 64 requests to `echo` in flight, and checks each reply.
// With --stored it submits them as jobs instead: what is awaited is the broker's word that it has stored them.
#include "mdp.h"

static const char SUBMIT[] = "job.submit";

static void send_request(void *jobs, struct load *load, bool stored) {
    uint64_t body[WORDS];
    next_request(load, body);
    bool sent = send_command(jobs, CLIENT, REQUEST_OF_CLIENT, true);
    // A job's options, here none, are before its service.
    if (stored) sent = sent && send_bytes(jobs, SUBMIT, sizeof SUBMIT - 1, true) && send_bytes(jobs, "", 0, true);
    sent = sent && send_bytes(jobs, SERVICE, sizeof SERVICE - 1, true) && send_bytes(jobs, body, sizeof body, false);
    check(sent, "send a request");
}

static void receive_reply(void *jobs, struct load *load, zmq_msg_t *frames, bool stored) {
    int count = receive_frames(jobs, frames, MESSAGE_FRAMES, 0);
    check(count >= 0, "receive a reply");
    bool is_final = count >= 4 && frame_is(&frames[0], CLIENT, HEADER_BYTES) && command_in(&frames[1]) == FINAL_TO_CLIENT;
    if (stored) {
        if (!is_final || count != 5 || !frame_is(&frames[3], "200", 3)) give_up("a job is not accepted");
        load->answered++;
        return;
    }
    if (!is_final || count != 4 || !frame_is(&frames[2], SERVICE, sizeof SERVICE - 1))
        give_up("a message is no final reply of the service");
    take_reply(load, zmq_msg_data(&frames[3]), zmq_msg_size(&frames[3]));
}

int main(int argc, char **argv) {
    bool stored = argc == 4 && strcmp(argv[3], "--stored") == 0;
    if (argc != 3 && !stored) {
        fprintf(stderr, "usage: job_client JOBS COUNT [--stored]\n");
        return 2;
    }
    void *context = zmq_ctx_new();
    void *jobs = open_socket(context, ZMQ_DEALER);
    set_option(jobs, ZMQ_RCVTIMEO, PATIENCE_MS);
    connect_socket(jobs, argv[1]);
    struct load load = start_load(strtoull(argv[2], NULL, 10));
    zmq_msg_t frames[MESSAGE_FRAMES];
    for (int i = 0; i < MESSAGE_FRAMES; i++) zmq_msg_init(&frames[i]);
    while (load.answered < load.total) {
        while (may_send(&load)) send_request(jobs, &load, stored);
        receive_reply(jobs, &load, frames, stored);
    }
    if (stored) print_accepted(&load);
    else print_load(&load);
    zmq_close(jobs);
    zmq_ctx_term(context);
    return 0;
}
