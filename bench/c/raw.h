// Ticks as packed records on a plain TCP connection, without ZeroMQ: what the bytes alone cost.
#pragma once

#include "common.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

struct record {
    char symbol[8];  // padded with zeros
    double timestamp, price;
    uint64_t sequence;
};

// A socket, and the address in an endpoint such as tcp://127.0.0.1:9003.
static inline int raw_socket(const char *endpoint, struct sockaddr_in *address) {
    char host[16];
    unsigned port;
    if (sscanf(endpoint, "tcp://%15[0-9.]:%u", host, &port) != 2) {
        fprintf(stderr, "%s is no tcp://HOST:PORT\n", endpoint);
        exit(2);
    }
    *address = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    check(inet_pton(AF_INET, host, &address->sin_addr) == 1, endpoint);
    int descriptor = socket(AF_INET, SOCK_STREAM, 0);
    check(descriptor >= 0, "socket");
    int yes = 1;
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    return descriptor;
}
