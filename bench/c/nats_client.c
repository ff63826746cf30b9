// Keeps 64 requests to the queue group of `nats_worker` in flight, and checks each reply. With --stored the requests go to
// a stream of JetStream: what is awaited is the server's acknowledgment that it has stored them.
#include "nats.h"

enum { PAUSE_MS = 10 };

// The server's acknowledgment is JSON with an error or a sequence number; there is none for each request, so they are counted.
static void take_acknowledgment(struct load *load, const char *text, int size) {
    if (!memmem(text, (size_t)size, "\"seq\":", 6)) give_up("JetStream has not stored a request");
    load->answered++;
}

static void publish(natsConnection *connection, const char *subject, const char *inbox, const uint64_t body[WORDS]) {
    must(natsConnection_PublishRequest(connection, subject, inbox, body, BODY_BYTES), "send a request");
}

int main(int argc, char **argv) {
    bool stored = argc == 4 && strcmp(argv[3], "--stored") == 0;
    if (argc != 3 && !stored) {
        fprintf(stderr, "usage: nats_client URL COUNT [--stored]\n");
        return 2;
    }
    natsConnection *connection = connect_to(argv[1]);
    natsSubscription *replies = NULL;
    natsInbox *inbox = NULL;
    must(natsInbox_Create(&inbox), "an inbox");
    must(natsConnection_SubscribeSync(&replies, connection, inbox), "subscribe");
    const char *subject = stored ? STORED : SERVICE;
    uint64_t body[WORDS];
    struct load load = start_load(strtoull(argv[2], NULL, 10));
    while (load.answered < load.total) {
        while (may_send(&load)) {
            next_request(&load, body);
            publish(connection, subject, inbox, body);
        }
        natsMsg *reply = NULL;
        natsStatus status = natsSubscription_NextMsg(&reply, replies, PATIENCE_MS);
        if (status == NATS_NO_RESPONDERS && load.sent == 1) {
            // No worker has subscribed yet, or made the stream: the first request, still in `body`, is sent again.
            nats_Sleep(PAUSE_MS);
            publish(connection, subject, inbox, body);
            continue;
        }
        must(status, "receive a reply");
        if (stored) take_acknowledgment(&load, natsMsg_GetData(reply), natsMsg_GetDataLength(reply));
        else take_reply(&load, natsMsg_GetData(reply), (size_t)natsMsg_GetDataLength(reply));
        natsMsg_Destroy(reply);
    }
    if (stored) print_accepted(&load);
    else print_load(&load);
    natsSubscription_Destroy(replies);
    natsConnection_Destroy(connection);
    natsInbox_Destroy(inbox);
    nats_Close();
    return 0;
}
