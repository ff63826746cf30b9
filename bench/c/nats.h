// NATS: connecting, and errors.
#pragma once

#include <nats/nats.h>

#include "job.h"

// The queue group, and the stream with its subject.
static const char QUEUE[] = "workers", STREAM[] = "JOBS", STORED[] = "jobs";

static inline void must(natsStatus status, const char *what) {
    if (status == NATS_OK) return;
    fprintf(stderr, "%s: %s\n", what, natsStatus_GetText(status));
    exit(1);
}

// Connects, and waits for a server that still starts. What is published is sent at once: by default the library sends it up to
// 2 ms later, which halves the rate of requests.
static inline natsConnection *connect_to(const char *url) {
    natsConnection *connection = NULL;
    natsOptions *options = NULL;
    must(natsOptions_Create(&options), "make options");
    must(natsOptions_SetURL(options, url), "set the URL");
    must(natsOptions_SetSendAsap(options, true), "set an option");
    int64_t deadline_ns = nanoseconds(CLOCK_MONOTONIC) + PATIENCE_MS * INT64_C(1000000);
    natsStatus status;
    while ((status = natsConnection_Connect(&connection, options)) == NATS_NO_SERVER) {
        if (nanoseconds(CLOCK_MONOTONIC) > deadline_ns) break;
        nats_Sleep(20);
    }
    must(status, "connect");
    natsOptions_Destroy(options);
    return connection;
}
