// A consumer of a group of a Redis stream: takes the requests of `redis_client`, acknowledges and deletes them, and at the
// end prints how many it has done.
#include "redis.h"

enum { FETCH = 64 };

// The body of one entry: its id, then a list of its field's name and value.
static redisReply *body_of(redisReply *entry) {
    bool ok = entry->type == REDIS_REPLY_ARRAY && entry->elements == 2 && entry->element[1]->type == REDIS_REPLY_ARRAY &&
              entry->element[1]->elements == 2;
    return ok ? entry->element[1]->element[1] : NULL;
}

static void do_entries(redisContext *redis, redisReply *entries, struct work *work) {
    for (size_t i = 0; i < entries->elements; i++) {
        redisReply *entry = entries->element[i], *body = body_of(entry);
        must(body != NULL, redis, "read an entry");
        do_request(work, body->str, (size_t)body->len);
        const char *id = entry->element[0]->str;
        must(redisAppendCommand(redis, "XACK jobs workers %s", id) == REDIS_OK, redis, "acknowledge a request");
        must(redisAppendCommand(redis, "XDEL jobs %s", id) == REDIS_OK, redis, "delete a request");
    }
    for (size_t i = 0; i < 2 * entries->elements; i++) {
        redisReply *reply = NULL;
        must(redisGetReply(redis, (void **)&reply) == REDIS_OK && reply->type == REDIS_REPLY_INTEGER && reply->integer == 1,
             redis, "acknowledge a request");
        freeReplyObject(reply);
    }
}

int main(int argc, char **argv) {
    if (argc != 3) {
        fprintf(stderr, "usage: redis_worker PORT UNTIL\n");
        return 2;
    }
    struct work work = start_work(argv[2]);
    redisContext *redis = connect_to(argv[1]);
    redisReply *reply = redisCommand(redis, "XGROUP CREATE jobs workers 0 MKSTREAM");
    must(reply && reply->type == REDIS_REPLY_STATUS, redis, "make the group");
    freeReplyObject(reply);
    while (is_working(&work)) {
        reply = redisCommand(redis, "XREADGROUP GROUP workers one COUNT %d BLOCK 100 STREAMS jobs >", FETCH);
        if (!reply && is_stopped) break;
        must(reply && (reply->type == REDIS_REPLY_NIL || reply->type == REDIS_REPLY_ARRAY), redis, "read requests");
        // One stream: its name and its entries.
        if (reply->type == REDIS_REPLY_ARRAY) do_entries(redis, reply->element[0]->element[1], &work);
        freeReplyObject(reply);
    }
    print_work(&work);
    redisFree(redis);
    return 0;
}
