// The commands of the valuz wire, shared by the three reference programs.
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
