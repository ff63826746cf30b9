// Adds requests to a stream of Redis, 64 at a time, and counts the server's acknowledgments.
#include "redis.h"

static void send_request(redisContext *redis, struct load *load) {
    uint64_t body[WORDS];
    next_request(load, body);
    must(redisAppendCommand(redis, "XADD jobs * body %b", body, sizeof body) == REDIS_OK, redis, "send a request");
}

int main(int argc, char **argv) {
    if (argc != 3) {
        fprintf(stderr, "usage: redis_client PORT COUNT\n");
        return 2;
    }
    redisContext *redis = connect_to(argv[1]);
    struct load load = start_load(strtoull(argv[2], NULL, 10));
    while (load.answered < load.total) {
        while (may_send(&load)) send_request(redis, &load);
        redisReply *reply = NULL;
        must(redisGetReply(redis, (void **)&reply) == REDIS_OK && reply->type == REDIS_REPLY_STRING, redis, "add a request");
        freeReplyObject(reply);
        load.answered++;
    }
    print_accepted(&load);
    redisFree(redis);
    return 0;
}
