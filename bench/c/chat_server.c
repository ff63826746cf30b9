// Serves chat as `chatz serve` does to a peer without extensions: every request is answered with the names of those
// present, sorted, one frame each; texts go to the broadcasts unchanged. A user is present for 5 s after the last
// request.
#include <locale.h>
#include <wchar.h>
#include <wctype.h>

#include "common.h"

enum { USERS_MAX = 10000, NAME_CHARACTERS_MAX = 32, NAME_BYTES_MAX = 4 * NAME_CHARACTERS_MAX, TEXT_BYTES_MAX = 4096 };
enum { UNIT_SEPARATOR = 0x1f };
static const int64_t EXPIRY_NS = INT64_C(5000000000);

struct user {
    char name[NAME_BYTES_MAX];
    size_t size;
    int64_t deadline_ns;
};

// Sorted by name: UTF-8's byte order is the order of code points.
static struct user *users[USERS_MAX];
static int present;

static bool is_name(const char *text, size_t size) {
    int characters = 0;
    mbstate_t state = {0};
    for (size_t at = 0; at < size; characters++) {
        wchar_t character;
        size_t length = mbrtowc(&character, text + at, size - at, &state);
        if (length == 0 || length > 4 || !(iswalnum((wint_t)character) || character == L'_')) return false;
        at += length;
    }
    return characters >= 1 && characters <= NAME_CHARACTERS_MAX;
}

static bool is_text(const char *text, size_t size) {
    if (size < 1 || size > TEXT_BYTES_MAX || memchr(text, UNIT_SEPARATOR, size)) return false;
    mbstate_t state = {0};
    for (size_t at = 0; at < size;) {
        size_t length = mbrtowc(NULL, text + at, size - at, &state);
        if (length > 4) return false;
        at += length ? length : 1;
    }
    return true;
}

// The position of `name` in the roster, or where it would be; *found says which.
static int locate(const char *name, size_t size, bool *found) {
    int low = 0, high = present;
    *found = false;
    while (low < high) {
        int middle = (low + high) / 2;
        const struct user *user = users[middle];
        int order = memcmp(user->name, name, user->size < size ? user->size : size);
        if (order == 0) order = (user->size > size) - (user->size < size);
        if (order == 0) {
            *found = true;
            return middle;
        }
        if (order < 0) low = middle + 1;
        else high = middle;
    }
    return low;
}

static const char *refresh(const char *name, size_t size, int64_t now_ns) {
    bool found;
    int at = locate(name, size, &found);
    if (!found) {
        if (present == USERS_MAX) return "\x15the room is full";
        struct user *user = malloc(sizeof *user);
        check(user != NULL, "malloc");
        memcpy(user->name, name, size);
        user->size = size;
        memmove(&users[at + 1], &users[at], (size_t)(present - at) * sizeof users[0]);
        users[at] = user;
        present++;
    }
    users[at]->deadline_ns = now_ns + EXPIRY_NS;
    return NULL;
}

// Removes expired users and returns when the next one expires.
static int64_t expire(int64_t now_ns) {
    int kept = 0;
    int64_t next_ns = INT64_MAX;
    for (int i = 0; i < present; i++) {
        if (users[i]->deadline_ns <= now_ns) {
            free(users[i]);
            continue;
        }
        if (users[i]->deadline_ns < next_ns) next_ns = users[i]->deadline_ns;
        users[kept++] = users[i];
    }
    present = kept;
    return next_ns;
}

// Applies one request's body to the room and the broadcasts; returns a refusal, or NULL.
static const char *accept_request(void *broadcasts, zmq_msg_t *body, int64_t now_ns) {
    const char *bytes = zmq_msg_data(body);
    size_t size = zmq_msg_size(body);
    const char *separator = memchr(bytes, UNIT_SEPARATOR, size);
    size_t name_size = separator ? (size_t)(separator - bytes) : size;
    if (!is_name(bytes, name_size)) return "\x15not a valid user name";
    if (separator && !is_text(separator + 1, size - name_size - 1)) return "\x15not a valid text";
    const char *refusal = refresh(bytes, name_size, now_ns);
    if (refusal == NULL && separator) check(zmq_send(broadcasts, bytes, size, 0) >= 0, "broadcast");
    return refusal;
}

static bool answer(void *requests, void *broadcasts, zmq_msg_t *frames) {
    int count = receive_frames(requests, frames, 4, ZMQ_DONTWAIT);
    if (count < 0) {
        check(zmq_errno() == EAGAIN, "receive a request");
        return false;
    }
    if (count < 2 || zmq_msg_size(&frames[1]) != 0) return true;  // no delimiter: it can't be answered
    // Frames after the body are extensions that this server doesn't know.
    const char *refusal = count < 3 ? "\x15no user name"
                                    : accept_request(broadcasts, &frames[2], nanoseconds(CLOCK_MONOTONIC));
    bool sent = zmq_msg_send(&frames[0], requests, ZMQ_SNDMORE) >= 0 && zmq_send(requests, "", 0, ZMQ_SNDMORE) >= 0;
    if (refusal) sent = sent && zmq_send(requests, refusal, strlen(refusal), 0) >= 0;
    else
        for (int i = 0; i < present && sent; i++)
            sent = zmq_send(requests, users[i]->name, users[i]->size, i + 1 < present ? ZMQ_SNDMORE : 0) >= 0;
    check(sent, "send a reply");
    return true;
}

int main(int argc, char **argv) {
    if (argc != 3) {
        fprintf(stderr, "usage: chat_server REQUESTS BROADCASTS\n");
        return 2;
    }
    setlocale(LC_CTYPE, "C.UTF-8");
    void *context = zmq_ctx_new();
    void *requests = open_socket(context, ZMQ_ROUTER);
    set_option(requests, ZMQ_ROUTER_HANDOVER, 1);
    bind_socket(requests, argv[1]);
    void *broadcasts = open_socket(context, ZMQ_PUB);
    bind_socket(broadcasts, argv[2]);
    zmq_msg_t frames[4];
    for (int i = 0; i < 4; i++) zmq_msg_init(&frames[i]);
    int64_t next_ns = INT64_MAX;
    for (;;) {
        int64_t now_ns = nanoseconds(CLOCK_MONOTONIC);
        if (present > 0 && (next_ns == INT64_MAX || now_ns >= next_ns)) next_ns = expire(now_ns);
        long wait_ms = present > 0 ? (long)((next_ns - now_ns) / 1000000 + 1) : -1;
        zmq_pollitem_t item = {requests, 0, ZMQ_POLLIN, 0};
        if (zmq_poll(&item, 1, wait_ms) < 0) check(zmq_errno() == EINTR, "zmq_poll");
        for (int i = 0; i < 100 && answer(requests, broadcasts, frames); i++) {}
    }
}
