// Passes requests to workers and replies back as `jobz broker` does among peers of 18/MDP: least recently used workers, credit,
// heartbeats in both directions. It is as little as serves the measured load: no 0.1, no limits of a service, and a request
// that a worker has is not kept, so that no other worker can get it.
#include "mdp.h"

enum { BUCKETS = 1024, SERVICES_MAX = 64, NAME_BYTES_MAX = 255, ID_BYTES_MAX = 255, BODY_FRAMES_MAX = 8, LIVENESS = 3 };
enum { WAITING_MAX = 10000 };

struct request {
    struct request *next;
    int body_frames;
    zmq_msg_t client, body[BODY_FRAMES_MAX];
};

struct service {
    char name[NAME_BYTES_MAX];
    size_t size;
    struct request *oldest, **end;
    int waiting;
    struct worker *free_first, *free_last;  // the least recently used first
};

struct worker {
    struct worker *next_of_bucket, *free_previous, *free_next;
    struct service *service;
    uint64_t credit, open;
    int64_t received_ns;
    bool is_free;
    size_t size;
    unsigned char id[ID_BYTES_MAX];
};

static struct service services[SERVICES_MAX];
static int service_count;
static struct worker *buckets[BUCKETS];
static struct request *spare;  // requests whose memory is used again

static struct service *find_service(zmq_msg_t *name) {
    size_t size = zmq_msg_size(name);
    for (int i = 0; i < service_count; i++)
        if (frame_is(name, services[i].name, services[i].size)) return &services[i];
    if (service_count == SERVICES_MAX || size < 1 || size > NAME_BYTES_MAX) return NULL;
    struct service *service = &services[service_count++];
    memcpy(service->name, zmq_msg_data(name), size);
    service->size = size;
    service->end = &service->oldest;
    return service;
}

static struct worker **bucket_of(const unsigned char *id, size_t size) {
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < size; i++) hash = (hash ^ id[i]) * 16777619u;
    return &buckets[hash % BUCKETS];
}

static struct worker *find_worker(zmq_msg_t *id) {
    struct worker *worker = *bucket_of(zmq_msg_data(id), zmq_msg_size(id));
    while (worker && !frame_is(id, worker->id, worker->size)) worker = worker->next_of_bucket;
    return worker;
}

static void unlist(struct worker *worker) {
    if (!worker->is_free) return;
    struct service *service = worker->service;
    *(worker->free_previous ? &worker->free_previous->free_next : &service->free_first) = worker->free_next;
    *(worker->free_next ? &worker->free_next->free_previous : &service->free_last) = worker->free_previous;
    worker->is_free = false;
}

// Lists a worker as the most recently used one that can take a request.
static void list(struct worker *worker) {
    if (worker->is_free || worker->open >= worker->credit) return;
    struct service *service = worker->service;
    worker->free_previous = service->free_last;
    worker->free_next = NULL;
    *(service->free_last ? &service->free_last->free_next : &service->free_first) = worker;
    service->free_last = worker;
    worker->is_free = true;
}

static void give(void *jobs, struct worker *worker, zmq_msg_t *client, zmq_msg_t *body, int body_frames) {
    unlist(worker);
    worker->open++;
    list(worker);
    bool sent = send_bytes(jobs, worker->id, worker->size, true) && send_command(jobs, WORKER, REQUEST, true) &&
                send_frame(jobs, client, true) && send_bytes(jobs, "", 0, true);
    for (int i = 0; i < body_frames && sent; i++) sent = send_frame(jobs, &body[i], i + 1 < body_frames);
    check(sent, "send a request");
}

static void keep(struct service *service, zmq_msg_t *client, zmq_msg_t *body, int body_frames) {
    if (service->waiting == WAITING_MAX) return;
    struct request *request = spare;
    if (request) {
        spare = request->next;
    } else {
        request = malloc(sizeof *request);
        check(request != NULL, "malloc");
        zmq_msg_init(&request->client);
        for (int i = 0; i < BODY_FRAMES_MAX; i++) zmq_msg_init(&request->body[i]);
    }
    zmq_msg_move(&request->client, client);
    for (int i = 0; i < body_frames; i++) zmq_msg_move(&request->body[i], &body[i]);
    request->body_frames = body_frames;
    request->next = NULL;
    *service->end = request;
    service->end = &request->next;
    service->waiting++;
}

static void give_waiting(void *jobs, struct service *service) {
    while (service->oldest && service->free_first) {
        struct request *request = service->oldest;
        service->oldest = request->next;
        if (!service->oldest) service->end = &service->oldest;
        service->waiting--;
        give(jobs, service->free_first, &request->client, request->body, request->body_frames);
        request->next = spare;
        spare = request;
    }
}

static void take_request(void *jobs, zmq_msg_t *frames, int count) {
    if (count < 5 || count > 4 + BODY_FRAMES_MAX || command_in(&frames[2]) != REQUEST_OF_CLIENT) return;
    struct service *service = find_service(&frames[3]);
    if (!service) return;
    if (service->free_first) give(jobs, service->free_first, &frames[0], &frames[4], count - 4);
    else keep(service, &frames[0], &frames[4], count - 4);
}

static void add_worker(void *jobs, zmq_msg_t *frames, int count) {
    struct service *service = count >= 4 ? find_service(&frames[3]) : NULL;
    if (!service) return;
    struct worker *worker = calloc(1, sizeof *worker);
    check(worker != NULL, "calloc");
    worker->credit = 1;
    if (count >= 5 && zmq_msg_size(&frames[4]) == sizeof worker->credit)
        memcpy(&worker->credit, zmq_msg_data(&frames[4]), sizeof worker->credit);
    worker->service = service;
    worker->size = zmq_msg_size(&frames[0]);
    memcpy(worker->id, zmq_msg_data(&frames[0]), worker->size);
    worker->received_ns = nanoseconds(CLOCK_MONOTONIC);
    struct worker **bucket = bucket_of(worker->id, worker->size);
    worker->next_of_bucket = *bucket;
    *bucket = worker;
    list(worker);
    give_waiting(jobs, service);
}

// Removes the worker that this link leads to.
static void remove_worker(struct worker **link) {
    struct worker *worker = *link;
    unlist(worker);
    *link = worker->next_of_bucket;
    free(worker);
}

static void forget_worker(struct worker *worker) {
    struct worker **link = bucket_of(worker->id, worker->size);
    while (*link != worker) link = &(*link)->next_of_bucket;
    remove_worker(link);
}

// Passes a reply on to its client: id, header, command, address, empty frame, body.
static void take_result(void *jobs, struct worker *worker, zmq_msg_t *frames, int count, unsigned char command) {
    if (count < 6 || count > MESSAGE_FRAMES || zmq_msg_size(&frames[4]) != 0) return;
    struct service *service = worker->service;
    bool sent = send_frame(jobs, &frames[3], true) &&
                send_command(jobs, CLIENT, command == FINAL ? FINAL_TO_CLIENT : PARTIAL_TO_CLIENT, true) &&
                send_bytes(jobs, service->name, service->size, true);
    for (int i = 5; i < count && sent; i++) sent = send_frame(jobs, &frames[i], i + 1 < count);
    check(sent, "send a reply");
    if (command != FINAL) return;
    if (worker->open > 0) worker->open--;
    list(worker);
    give_waiting(jobs, service);
}

static void take_from_worker(void *jobs, zmq_msg_t *frames, int count, int64_t now_ns) {
    if (count < 3) return;
    unsigned char command = command_in(&frames[2]);
    struct worker *worker = find_worker(&frames[0]);
    if (worker) worker->received_ns = now_ns;
    if (command == READY && !worker) {
        add_worker(jobs, frames, count);
    } else if (worker && command == DISCONNECT) {
        forget_worker(worker);
    } else if (worker && (command == PARTIAL || command == FINAL)) {
        take_result(jobs, worker, frames, count, command);
    } else if (!worker && command != DISCONNECT) {
        check(send_frame(jobs, &frames[0], true) && send_command(jobs, WORKER, DISCONNECT, false), "send DISCONNECT");
    }
}

// Sends all workers a heartbeat, and forgets those that were silent for too long.
static void beat(void *jobs, int64_t now_ns) {
    for (int i = 0; i < BUCKETS; i++)
        for (struct worker **link = &buckets[i]; *link;) {
            struct worker *worker = *link;
            if (now_ns - worker->received_ns > LIVENESS * HEARTBEAT_NS) {
                remove_worker(link);
                continue;
            }
            check(send_bytes(jobs, worker->id, worker->size, true) && send_command(jobs, WORKER, HEARTBEAT, false),
                  "send a heartbeat");
            link = &worker->next_of_bucket;
        }
}

// Takes one message; false if there is none.
static bool take(void *jobs, zmq_msg_t *frames, int64_t now_ns) {
    int count = receive_frames(jobs, frames, MESSAGE_FRAMES, ZMQ_DONTWAIT);
    if (count < 0) {
        check(zmq_errno() == EAGAIN || zmq_errno() == EINTR, "receive a message");
        return false;
    }
    if (count < 3) return true;
    if (frame_is(&frames[1], CLIENT, HEADER_BYTES)) take_request(jobs, frames, count);
    else if (frame_is(&frames[1], WORKER, HEADER_BYTES)) take_from_worker(jobs, frames, count, now_ns);
    return true;
}

int main(int argc, char **argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: job_broker JOBS\n");
        return 2;
    }
    void *context = zmq_ctx_new();
    void *jobs = open_socket(context, ZMQ_ROUTER);
    bind_socket(jobs, argv[1]);
    zmq_msg_t frames[MESSAGE_FRAMES];
    for (int i = 0; i < MESSAGE_FRAMES; i++) zmq_msg_init(&frames[i]);
    int64_t beat_ns = nanoseconds(CLOCK_MONOTONIC) + HEARTBEAT_NS;
    for (;;) {
        int64_t now_ns = nanoseconds(CLOCK_MONOTONIC);
        if (now_ns >= beat_ns) {
            beat(jobs, now_ns);
            beat_ns = now_ns + HEARTBEAT_NS;
        }
        zmq_pollitem_t item = {jobs, 0, ZMQ_POLLIN, 0};
        if (zmq_poll(&item, 1, (long)((beat_ns - now_ns) / 1000000 + 1)) < 0) check(zmq_errno() == EINTR, "zmq_poll");
        for (int i = 0; i < 100 && take(jobs, frames, now_ns); i++) {}
    }
}
