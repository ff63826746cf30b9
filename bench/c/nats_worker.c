// A member of a queue group that does the requests of `nats_client`, and at the end prints how many. With UNTIL it makes the
// stream, takes that many requests from it, and acknowledges each.
#include "nats.h"

enum { FETCH = 64, LOOK_MS = 100 };

static void serve(natsConnection *connection, struct work *work) {
    natsSubscription *requests = NULL;
    must(natsConnection_QueueSubscribeSync(&requests, connection, SERVICE, QUEUE), "subscribe");
    while (is_working(work)) {
        natsMsg *request = NULL;
        natsStatus status = natsSubscription_NextMsg(&request, requests, LOOK_MS);
        if (status == NATS_TIMEOUT) continue;
        must(status, "receive a request");
        // The library's bytes of a message are not to be changed.
        unsigned char body[BODY_BYTES];
        size_t size = (size_t)natsMsg_GetDataLength(request);
        if (size == sizeof body) memcpy(body, natsMsg_GetData(request), size);
        do_request(work, body, size);
        must(natsConnection_Publish(connection, natsMsg_GetReply(request), body, sizeof body), "send a reply");
        natsMsg_Destroy(request);
    }
    natsSubscription_Destroy(requests);
}

static void consume(natsConnection *connection, struct work *work) {
    jsCtx *stream = NULL;
    jsStreamConfig config;
    jsErrCode error = 0;
    const char *subjects[] = {STORED};
    must(natsConnection_JetStream(&stream, connection, NULL), "JetStream");
    must(jsStreamConfig_Init(&config), "the stream");
    config.Name = STREAM;
    config.Subjects = subjects;
    config.SubjectsLen = 1;
    config.Retention = js_WorkQueuePolicy;
    config.Storage = js_FileStorage;
    must(js_AddStream(NULL, stream, &config, NULL, &error), "make the stream");
    natsSubscription *requests = NULL;
    must(js_PullSubscribe(&requests, stream, STORED, QUEUE, NULL, NULL, &error), "subscribe");
    while (is_working(work)) {
        natsMsgList list = {0};
        natsStatus status = natsSubscription_Fetch(&list, requests, FETCH, LOOK_MS, &error);
        if (status == NATS_TIMEOUT) continue;
        must(status, "fetch requests");
        for (int i = 0; i < list.Count; i++) {
            unsigned char body[BODY_BYTES];
            size_t size = (size_t)natsMsg_GetDataLength(list.Msgs[i]);
            if (size == sizeof body) memcpy(body, natsMsg_GetData(list.Msgs[i]), size);
            do_request(work, body, size);
            must(natsMsg_Ack(list.Msgs[i], NULL), "acknowledge a request");
        }
        natsMsgList_Destroy(&list);
    }
    natsSubscription_Destroy(requests);
    jsCtx_Destroy(stream);
}

int main(int argc, char **argv) {
    if (argc != 2 && argc != 3) {
        fprintf(stderr, "usage: nats_worker URL [UNTIL]\n");
        return 2;
    }
    const char *until = argc == 3 ? argv[2] : NULL;
    struct work work = start_work(until);
    natsConnection *connection = connect_to(argv[1]);
    if (until) consume(connection, &work);
    else serve(connection, &work);
    must(natsConnection_FlushTimeout(connection, PATIENCE_MS), "send the last replies");
    print_work(&work);
    natsConnection_Destroy(connection);
    nats_Close();
    return 0;
}
