/*
 * Sockets: see link.h. Measured behaviour of libzmq 4.3.4 behind the choices is in docs/wire.md.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "wire/link.h"

#include <assert.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <zmq.h>

#include "base/fault.h"

enum {
    HANDSHAKE_MS = 2000, /* idle raw connections are cut; the default 30 s burns a core */
    HEARTBEAT_MS = 1000, /* a dead TCP peer is noticed within HEARTBEAT_TIMEOUT_MS */
    HEARTBEAT_TIMEOUT_MS = 3000,
    LINGER_MS = 1000,        /* a last answer may leave; nothing relies on it */
    RECONNECT_MS = 100,      /* a hub that restarts is found again soon … */
    RECONNECT_MAX_MS = 1000, /* … without a storm */
    IPC_PATH_MAX = 100,      /* sun_path holds 108 bytes with NUL */
    ADDRESSES_MAX = 4096     /* connections whose address is known: 200 KB */
};

struct wire {
    void *context;
    void *zap;                  /* REP socket, NULL when not guarded */
    struct allow_list *allowed; /* borrowed */
    void *monitor;              /* PAIR: events of the guarded socket, NULL when there is none */
    bool failed;                /* the last event was a handshake's failure */
    struct visits visits;
    char (*addresses)[WIRE_ADDRESS_SIZE]; /* of the guarded socket's connections, by descriptor */
};

struct link {
    void *socket;
    struct wire *wire;
    bool serves;
    bool guarded;
};

int wire_open(struct wire **ret_wire, struct err *err)
{
    struct wire *wire = calloc(1, sizeof *wire);
    if (wire)
        wire->context = zmq_ctx_new();
    if (!wire || !wire->context) {
        free(wire);
        return err_set(err, ERR_MEMORY, "sockets: no context: %s", zmq_strerror(errno));
    }
    *ret_wire = wire;
    return 0;
}

void wire_free(struct wire **wire)
{
    if (!wire || !*wire)
        return;
    if ((*wire)->zap)
        zmq_close((*wire)->zap);
    if ((*wire)->monitor)
        zmq_close((*wire)->monitor);
    zmq_ctx_term((*wire)->context);
    free((*wire)->addresses);
    free(*wire);
    *wire = NULL;
}

int wire_guard(struct wire *wire, struct allow_list *list, struct err *err)
{
    assert(!wire->zap);
    int none = 0;
    wire->zap = zmq_socket(wire->context, ZMQ_REP);
    wire->allowed = list;
    wire->addresses = calloc(ADDRESSES_MAX, sizeof *wire->addresses);
    if (!wire->addresses || !wire->zap ||
        zmq_setsockopt(wire->zap, ZMQ_LINGER, &none, sizeof none) < 0 ||
        zmq_bind(wire->zap, "inproc://zeromq.zap.01") < 0)
        return err_set(err, ERR_UNAVAILABLE, "handshake guard: %s", zmq_strerror(errno));
    return 0;
}

void wire_visits(struct wire *wire, struct visits *ret_since)
{
    *ret_since = wire->visits;
    wire->visits.count = 0;
}

static void note_visit(struct wire *wire, const struct visit *visit)
{
    struct visits *to = &wire->visits;
    int i = 0;
    while (i < to->count && (strcmp(to->at[i].key, visit->key) != 0 ||
                             strcmp(to->at[i].address, visit->address) != 0))
        i++;
    if (i == VISITS_MAX)
        i--;
    else if (i == to->count)
        to->at[to->count++] = *visit;
    to->at[i].listed = visit->listed;
    to->at[i].count++;
}

enum { FAILED = ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL };

/* Without a reader the monitor's queue would stop the sockets' own thread: link_poll reads it. */
static int watch_door(struct wire *wire, void *door)
{
    static const char at[] = "inproc://door";
    const int events = ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_DISCONNECTED | FAILED;
    int none = 0;
    if (wire->monitor)
        return 0; /* one door is enough to know */
    wire->monitor = zmq_socket(wire->context, ZMQ_PAIR);
    return !wire->monitor || zmq_setsockopt(wire->monitor, ZMQ_LINGER, &none, sizeof none) < 0 ||
           zmq_socket_monitor(door, at, events) < 0 || zmq_connect(wire->monitor, at) < 0;
}

/* Whose connection it is; "" when it is gone already. */
static void note_accepted(struct wire *wire, uint32_t fd)
{
    struct sockaddr_storage from;
    socklen_t size = sizeof from;
    if (fd >= ADDRESSES_MAX)
        return;
    if (getpeername((int)fd, (struct sockaddr *)&from, &size) < 0 ||
        getnameinfo((struct sockaddr *)&from, size, wire->addresses[fd], WIRE_ADDRESS_SIZE, NULL, 0,
                    NI_NUMERICHOST) != 0)
        wire->addresses[fd][0] = '\0';
}

/* An event is two frames: number (16 bits) and value (32), then the endpoint. */
static bool read_event(struct wire *wire, uint16_t *ret_number, uint32_t *ret_value)
{
    uint8_t event[256];
    if (!wire->monitor || zmq_recv(wire->monitor, event, sizeof event, ZMQ_DONTWAIT) < 6)
        return false;
    memcpy(ret_number, event, sizeof *ret_number);
    memcpy(ret_value, event + sizeof *ret_number, sizeof *ret_value);
    return zmq_recv(wire->monitor, event, sizeof event, 0) >= 0;
}

/* The event of a failure says nothing of the connection; that of its end, which follows, does. */
static void read_events(struct wire *wire)
{
    struct visit broken = {0};
    uint16_t number;
    uint32_t fd;
    while (read_event(wire, &number, &fd)) {
        if (number == ZMQ_EVENT_ACCEPTED)
            note_accepted(wire, fd);
        if (number == ZMQ_EVENT_DISCONNECTED && wire->failed) {
            snprintf(broken.address, sizeof broken.address, "%s",
                     fd < ADDRESSES_MAX ? wire->addresses[fd] : "");
            note_visit(wire, &broken);
        }
        wire->failed = number & FAILED;
    }
}

/* ZAP (RFC 27) request: version, id, domain, address, routing id, mechanism, 32 bytes of key. */
enum { ZAP_FRAMES = 7, ZAP_ID = 1, ZAP_ADDRESS = 3, ZAP_MECHANISM = 5, ZAP_KEY = 6 };

static int zap_take(void *zap, uint8_t frames[][256], size_t sizes[])
{
    int count = 0, more = 1;
    size_t more_size = sizeof more;
    while (more) {
        uint8_t spill[256];
        uint8_t *to = count < ZAP_FRAMES ? frames[count] : spill;
        int got = zmq_recv(zap, to, 256, ZMQ_DONTWAIT);
        if (got < 0)
            return -1;
        if (count < ZAP_FRAMES)
            sizes[count] = got > 256 ? 256 : (size_t)got;
        count++;
        zmq_getsockopt(zap, ZMQ_RCVMORE, &more, &more_size);
    }
    return count;
}

/* Answers one handshake; false when none waits. */
static bool answer_handshake(struct wire *wire)
{
    uint8_t frames[ZAP_FRAMES][256];
    size_t sizes[ZAP_FRAMES] = {0};
    int count = zap_take(wire->zap, frames, sizes);
    if (count < 0)
        return false;
    struct visit visit = {0};
    allow_list_refresh(wire->allowed);
    if (count == ZAP_FRAMES && sizes[ZAP_KEY] == 32 && sizes[ZAP_MECHANISM] == 5 &&
        memcmp(frames[ZAP_MECHANISM], "CURVE", 5) == 0 &&
        zmq_z85_encode(visit.key, frames[ZAP_KEY], 32))
        visit.listed = allow_list_name(wire->allowed, visit.key) != NULL;
    snprintf(visit.address, sizeof visit.address, "%.*s", (int)sizes[ZAP_ADDRESS],
             (const char *)frames[ZAP_ADDRESS]);
    note_visit(wire, &visit);
    zmq_send(wire->zap, "1.0", 3, ZMQ_SNDMORE);
    zmq_send(wire->zap, frames[ZAP_ID], sizes[ZAP_ID], ZMQ_SNDMORE);
    zmq_send(wire->zap, visit.listed ? "200" : "400", 3, ZMQ_SNDMORE);
    zmq_send(wire->zap, visit.listed ? "OK" : "key not listed", visit.listed ? 2 : 14, ZMQ_SNDMORE);
    zmq_send(wire->zap, visit.key, visit.listed ? CURVE_KEY_SIZE - 1 : 0,
             ZMQ_SNDMORE); /* User-Id */
    zmq_send(wire->zap, "", 0, 0);
    return true;
}

static int set_int(void *socket, int option, int value)
{
    return zmq_setsockopt(socket, option, &value, sizeof value);
}

static int set_keys(void *socket, const struct link_params *params, bool serves)
{
    const struct curve_keys *keys = params->keys;
    int bad = zmq_setsockopt(socket, ZMQ_CURVE_PUBLICKEY, keys->public_key, CURVE_KEY_SIZE) |
              zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, keys->secret_key, CURVE_KEY_SIZE);
    if (!serves)
        return bad |
               zmq_setsockopt(socket, ZMQ_CURVE_SERVERKEY, params->server_key, CURVE_KEY_SIZE);
    return bad | set_int(socket, ZMQ_CURVE_SERVER, 1) |
           zmq_setsockopt(socket, ZMQ_ZAP_DOMAIN, "tripli", 6); /* without it ZAP may be skipped */
}

/* The one place where socket options are set. */
static int set_options(void *socket, const struct link_params *params, bool serves)
{
    int64_t largest = params->largest_bytes ? params->largest_bytes : WIRE_PAYLOAD_LIMIT_BYTES;
    int bad = zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &largest, sizeof largest);
    bad |= set_int(socket, ZMQ_RCVHWM, params->receive_messages);
    bad |= set_int(socket, ZMQ_SNDHWM, params->send_messages);
    bad |= set_int(socket, ZMQ_LINGER, LINGER_MS);
    bad |= set_int(socket, ZMQ_HANDSHAKE_IVL, HANDSHAKE_MS);
    bad |= set_int(socket, ZMQ_HEARTBEAT_IVL, HEARTBEAT_MS);
    bad |= set_int(socket, ZMQ_HEARTBEAT_TIMEOUT, HEARTBEAT_TIMEOUT_MS);
    bad |= set_int(socket, ZMQ_RECONNECT_IVL, RECONNECT_MS);
    bad |= set_int(socket, ZMQ_RECONNECT_IVL_MAX, RECONNECT_MAX_MS);
    if (serves) {
        bad |= set_int(socket, ZMQ_ROUTER_MANDATORY, 1); /* else answers to the gone vanish */
        bad |= set_int(socket, ZMQ_ROUTER_HANDOVER, 0);  /* else a peer can take another's place */
    } else {
        bad |= set_int(socket, ZMQ_IMMEDIATE, 1); /* no queue towards a hub that is not there */
    }
    if (params->keys)
        bad |= set_keys(socket, params, serves);
    return bad;
}

static int check_endpoint(const struct link_params *params, struct err *err)
{
    const char *at = params->endpoint;
    if (strncmp(at, "ipc://", 6) == 0) {
        if (strlen(at + 6) > IPC_PATH_MAX)
            return err_set(err, ERR_LIMIT,
                           "%s: %zu bytes of path, at most %d; use a shorter --data", at,
                           strlen(at + 6), IPC_PATH_MAX);
        return 0;
    }
    if (strncmp(at, "tcp://", 6) != 0)
        return err_set(err, ERR_CONFIG, "%s: must begin with ipc:// or tcp://", at);
    if (!params->keys)
        return err_set(err, ERR_DENIED, "%s: tcp needs a key pair (tripli keygen)", at);
    return 0;
}

static int open_link(struct wire *wire, const struct link_params *params, bool serves,
                     struct link **ret_link, struct err *err)
{
    int rc = check_endpoint(params, err);
    if (rc < 0)
        return rc;
    assert(!(serves && params->keys) || wire->zap); /* an unguarded CURVE server lets all in */
    struct link *link = calloc(1, sizeof *link);
    if (!link)
        return err_set(err, ERR_MEMORY, "%s: no memory", params->endpoint);
    *link = (struct link){.wire = wire, .serves = serves, .guarded = serves && params->keys};
    link->socket = zmq_socket(wire->context, serves ? ZMQ_ROUTER : ZMQ_DEALER);
    if (!link->socket || set_options(link->socket, params, serves) != 0 ||
        (link->guarded && watch_door(wire, link->socket) != 0) ||
        (serves ? zmq_bind : zmq_connect)(link->socket, params->endpoint) < 0) {
        rc = err_set(err, ERR_UNAVAILABLE, "%s: %s", params->endpoint, zmq_strerror(errno));
        link_free(&link);
        return rc;
    }
    *ret_link = link;
    return 0;
}

int link_serve(struct wire *wire, const struct link_params *params, struct link **ret_link,
               struct err *err)
{
    return open_link(wire, params, true, ret_link, err);
}

int link_call(struct wire *wire, const struct link_params *params, struct link **ret_link,
              struct err *err)
{
    return open_link(wire, params, false, ret_link, err);
}

void link_free(struct link **link)
{
    if (!link || !*link)
        return;
    if ((*link)->socket)
        zmq_close((*link)->socket);
    free(*link);
    *link = NULL;
}

/* Takes the next frame; 1, 0 when there is none, ERR_UNAVAILABLE when the socket failed. */
static int take_frame(struct link *link, zmq_msg_t *frame, struct err *err)
{
    while (zmq_msg_recv(frame, link->socket, ZMQ_DONTWAIT) < 0) {
        if (errno == EAGAIN)
            return 0;
        if (errno != EINTR)
            return err_set(err, ERR_UNAVAILABLE, "receive: %s", zmq_strerror(errno));
    }
    return 1;
}

static void skip_rest(struct link *link, zmq_msg_t *frame)
{
    while (zmq_msg_more(frame) && take_frame(link, frame, NULL) > 0)
        ;
}

static int take_peer(struct link *link, zmq_msg_t *frame, struct peer *ret_from, struct err *err)
{
    *ret_from = (struct peer){0};
    int rc = take_frame(link, frame, err);
    if (rc <= 0)
        return rc;
    if (zmq_msg_size(frame) > PEER_ID_MAX || !zmq_msg_more(frame)) {
        skip_rest(link, frame);
        return err_set(err, ERR_PROTOCOL,
                       "message without a header, or a routing id of own choice");
    }
    ret_from->id_len = (uint8_t)zmq_msg_size(frame);
    memcpy(ret_from->id, zmq_msg_data(frame), ret_from->id_len);
    return 1;
}

static int check_peer(const struct link *link, zmq_msg_t *frame, struct peer *from, struct err *err)
{
    if (!link->guarded)
        return 0;
    allow_list_refresh(link->wire->allowed);
    const char *user = zmq_msg_gets(frame, "User-Id");
    snprintf(from->key, sizeof from->key, "%s", user ? user : "");
    if (!allow_list_name(link->wire->allowed, from->key))
        return err_set(err, ERR_DENIED, "public key %.8s… is not listed any more", from->key);
    return 0;
}

static int take_payload(struct link *link, zmq_msg_t *frame, struct buf *ret_payload,
                        struct err *err)
{
    if (!zmq_msg_more(frame))
        return 0;
    int rc = take_frame(link, frame, err);
    if (rc <= 0)
        return rc;
    if (zmq_msg_more(frame)) {
        skip_rest(link, frame);
        return err_set(err, ERR_PROTOCOL, "message of more than two parts");
    }
    if (buf_append(ret_payload, bytes_of(zmq_msg_data(frame), zmq_msg_size(frame))) < 0)
        return err_set(err, ERR_MEMORY, "message: no memory for %zu bytes", zmq_msg_size(frame));
    return 0;
}

static int take_body(struct link *link, zmq_msg_t *frame, struct message *ret_message,
                     struct peer *from, struct err *err)
{
    int rc = check_peer(link, frame, from, err);
    if (rc == 0)
        rc = message_read(bytes_of(zmq_msg_data(frame), zmq_msg_size(frame)), ret_message, err);
    if (rc < 0) {
        skip_rest(link, frame);
        return rc;
    }
    rc = take_payload(link, frame, &ret_message->payload, err);
    return rc < 0 ? rc : 1;
}

int link_receive(struct link *link, struct message *ret_message, struct peer *ret_from,
                 struct err *err)
{
    struct peer from = {0};
    zmq_msg_t frame;
    zmq_msg_init(&frame);
    *ret_message = (struct message){0};
    int rc = 1;
    if (link->serves)
        rc = take_peer(link, &frame, &from, err);
    if (rc > 0)
        rc = take_frame(link, &frame, err);
    if (rc > 0)
        rc = take_body(link, &frame, ret_message, &from, err);
    zmq_msg_close(&frame);
    if (rc <= 0)
        message_clear(ret_message);
    if (ret_from)
        *ret_from = from;
    return rc;
}

static int put_frame(struct link *link, struct bytes frame, int flags)
{
    int rc;
    do
        rc = zmq_send(link->socket, frame.at ? frame.at : (const uint8_t *)"", frame.len,
                      flags | ZMQ_DONTWAIT);
    while (rc < 0 && errno == EINTR);
    return rc;
}

static int say_unsent(const struct link *link, struct err *err)
{
    if (errno == EAGAIN && link->serves)
        return err_set(err, ERR_FULL, "peer's queue is full");
    return err_set(err, ERR_UNAVAILABLE, "send: %s", zmq_strerror(errno));
}

/* All parts but the payload; more follow when there is one. */
static int put_head(struct link *link, const struct peer *to, const struct message *message,
                    bool has_payload, struct err *err)
{
    assert(link->serves == (to != NULL));
    char *text = message_write(message);
    if (!text)
        return err_set(err, ERR_MEMORY, "message '%s': no memory", message_name(message->kind));
    fault_point("wire.before_send");
    int rc = to ? put_frame(link, bytes_of(to->id, to->id_len), ZMQ_SNDMORE) : 0;
    if (rc >= 0)
        rc = put_frame(link, bytes_of(text, strlen(text)), has_payload ? ZMQ_SNDMORE : 0);
    int why = errno;
    free(text);
    errno = why;
    return rc < 0 ? say_unsent(link, err) : 0;
}

int link_send(struct link *link, const struct peer *to, const struct message *message,
              struct bytes payload, struct err *err)
{
    int rc = put_head(link, to, message, payload.len > 0, err);
    if (rc == 0 && payload.len > 0 && put_frame(link, payload, 0) < 0)
        rc = say_unsent(link, err);
    return rc;
}

static void free_payload(void *at, void *hint)
{
    (void)hint;
    free(at);
}

/* The frame has the memory from here on. */
static int give_frame(struct link *link, struct buf *payload)
{
    zmq_msg_t frame;
    if (zmq_msg_init_data(&frame, payload->at, payload->len, free_payload, NULL) < 0)
        return -1;
    *payload = (struct buf){0};
    int rc;
    do
        rc = zmq_msg_send(&frame, link->socket, ZMQ_DONTWAIT);
    while (rc < 0 && errno == EINTR);
    if (rc < 0) {
        int why = errno;
        zmq_msg_close(&frame);
        errno = why;
    }
    return rc;
}

int link_give(struct link *link, const struct peer *to, const struct message *message,
              struct buf *payload, struct err *err)
{
    int rc = put_head(link, to, message, payload->len > 0, err);
    if (rc == 0 && payload->len > 0 && give_frame(link, payload) < 0)
        rc = say_unsent(link, err);
    return rc;
}

static int fill_items(const struct wire *wire, const struct link_set *set, zmq_pollitem_t *items)
{
    int count = 0;
    for (int i = 0; i < set->link_count; i++)
        items[count++] = (zmq_pollitem_t){.socket = set->links[i]->socket, .events = ZMQ_POLLIN};
    for (int i = 0; i < set->fd_count; i++)
        items[count++] = (zmq_pollitem_t){.fd = set->fds[i], .events = ZMQ_POLLIN};
    if (wire->zap)
        items[count++] = (zmq_pollitem_t){.socket = wire->zap, .events = ZMQ_POLLIN};
    if (wire->monitor)
        items[count++] = (zmq_pollitem_t){.socket = wire->monitor, .events = ZMQ_POLLIN};
    return count;
}

int link_poll(struct wire *wire, const struct link_set *set, int timeout_ms,
              struct link_ready *ret_ready, struct err *err)
{
    zmq_pollitem_t items[2 * LINKS_MAX + 2];
    int count = fill_items(wire, set, items);
    *ret_ready = (struct link_ready){0};
    int rc = zmq_poll(items, count, timeout_ms);
    if (rc < 0 && errno != EINTR)
        return err_set(err, ERR_UNAVAILABLE, "poll: %s", zmq_strerror(errno));
    if (rc <= 0)
        return 0;
    for (int i = 0; i < set->link_count; i++)
        ret_ready->links |= (items[i].revents ? 1u : 0u) << i;
    for (int i = 0; i < set->fd_count; i++)
        ret_ready->fds |= (items[set->link_count + i].revents ? 1u : 0u) << i;
    while (wire->zap && answer_handshake(wire))
        ;
    read_events(wire);
    return 0;
}
