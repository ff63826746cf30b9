// The frames of 18/MDP, with the extension `credit` of protocol-docs/jobz.md.
#pragma once

#include "job.h"

static const char CLIENT[] = "MDPC02", WORKER[] = "MDPW02";
enum { HEADER_BYTES = 6, CREDIT_MAX = 1000, MESSAGE_FRAMES = 16 };
enum client_command { REQUEST_OF_CLIENT = 1, PARTIAL_TO_CLIENT = 2, FINAL_TO_CLIENT = 3 };
enum worker_command { READY = 1, REQUEST = 2, PARTIAL = 3, FINAL = 4, HEARTBEAT = 5, DISCONNECT = 6 };
static const int64_t HEARTBEAT_NS = INT64_C(2500000000);

static inline bool frame_is(zmq_msg_t *frame, const void *bytes, size_t size) {
    return zmq_msg_size(frame) == size && memcmp(zmq_msg_data(frame), bytes, size) == 0;
}

// The command in a frame, or 0.
static inline unsigned char command_in(zmq_msg_t *frame) {
    return zmq_msg_size(frame) == 1 ? *(unsigned char *)zmq_msg_data(frame) : 0;
}

static inline bool send_bytes(void *socket, const void *bytes, size_t size, bool more) {
    return zmq_send(socket, bytes, size, more ? ZMQ_SNDMORE : 0) >= 0;
}

static inline bool send_command(void *socket, const char *header, unsigned char command, bool more) {
    return send_bytes(socket, header, HEADER_BYTES, true) && send_bytes(socket, &command, 1, more);
}

static inline bool send_frame(void *socket, zmq_msg_t *frame, bool more) {
    return zmq_msg_send(frame, socket, more ? ZMQ_SNDMORE : 0) >= 0;
}
