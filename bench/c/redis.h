// Redis: connecting, and errors.
#pragma once

#include <hiredis.h>

#include "job.h"

static inline void must(bool ok, redisContext *redis, const char *what) {
    if (ok) return;
    fprintf(stderr, "%s: %s\n", what, redis && redis->err ? redis->errstr : "an unexpected reply");
    exit(1);
}

// Connects to a port of this machine, and waits for a server that still starts.
static inline redisContext *connect_to(const char *port) {
    int64_t deadline_ns = nanoseconds(CLOCK_MONOTONIC) + PATIENCE_MS * INT64_C(1000000);
    redisContext *redis;
    while ((redis = redisConnect("127.0.0.1", atoi(port)))->err) {
        must(nanoseconds(CLOCK_MONOTONIC) < deadline_ns, redis, "connect");
        redisFree(redis);
        struct timespec pause = {.tv_nsec = 20000000};
        nanosleep(&pause, NULL);
    }
    struct timeval patience = {.tv_sec = PATIENCE_MS / 1000};
    must(redisSetTimeout(redis, patience) == REDIS_OK, redis, "the timeout");
    return redis;
}
