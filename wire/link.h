/*
 * Sockets: a hub serves (ROUTER), captures, workers and tools call (DEALER). Every option is set in
 * one function, each with its reason. Nothing here blocks except link_poll.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "wire/curve.h"
#include "wire/message.h"

enum { PEER_ID_MAX = 16, LINKS_MAX = 8, WIRE_ADDRESS_SIZE = 48 };

/* Who sent a message to a serving link. */
struct peer {
    uint8_t id[PEER_ID_MAX]; /* made by the server, never chosen by the peer */
    uint8_t id_len;
    char key[CURVE_KEY_SIZE]; /* the peer's public key, "" on ipc:// */
};

/* A process's ZeroMQ context. Make it after any fork. */
struct wire;
int wire_open(struct wire **ret_wire, struct err *err);
/* Closes what links are left and ends the context; NULL-safe, nulls. */
void wire_free(struct wire **wire);

/* Answers the handshakes of CURVE servers of this process from an allow-list (borrowed). Call
 * before the first link_serve with keys. */
int wire_guard(struct wire *wire, struct allow_list *list, struct err *err);

/* Who came to the guarded door since the last call, for the log. */
enum { VISITS_MAX = 32 }; /* kinds of them; others count as the last one */
struct visit {
    char key[CURVE_KEY_SIZE];        /* "": spoke something else, or no handshake in time */
    char address[WIRE_ADDRESS_SIZE]; /* of the machine, "" when it was gone too soon */
    bool listed;
    unsigned count;
};
struct visits {
    int count;
    struct visit at[VISITS_MAX];
};
void wire_visits(struct wire *wire, struct visits *ret_since);

struct link;

struct link_params {
    const char *endpoint; /* ipc:// or tcp:// ; at most 100 bytes after ipc:// */
    int receive_messages; /* high-water marks, in messages; bytes: times largest_bytes */
    int send_messages;
    int64_t largest_bytes; /* of one frame, 0: WIRE_PAYLOAD_LIMIT_BYTES; a peer that sends a larger
                              one loses its connection */
    const struct curve_keys *keys; /* NULL: no encryption, ipc:// only */
    const char *server_key;        /* link_call with keys: the server's public key */
};

int link_serve(struct wire *wire, const struct link_params *params, struct link **ret_link,
               struct err *err);
int link_call(struct wire *wire, const struct link_params *params, struct link **ret_link,
              struct err *err);
void link_free(struct link **link);

/* Takes one message that has come in: 1 and a message for message_clear; 0 when there is none. A
 * message that is not of the protocol is ERR_PROTOCOL: `from` is set (serving links), so that a
 * refusal can be sent. `from` may be NULL on calling links. On a guarded link each message's key is
 * looked up again: one that left the list is ERR_DENIED. */
int link_receive(struct link *link, struct message *ret_message, struct peer *ret_from,
                 struct err *err);

/* Sends header and payload (message->payload is not used); `to` is NULL on calling links.
 * ERR_UNAVAILABLE: that peer is gone; ERR_FULL: its queue is full, try later. */
int link_send(struct link *link, const struct peer *to, const struct message *message,
              struct bytes payload, struct err *err);

/* The same without a copy: the payload is taken over, and `payload` empty after 0. A message that
 * found no room leaves it as it is. */
int link_give(struct link *link, const struct peer *to, const struct message *message,
              struct buf *payload, struct err *err);

/* Waits until a link has something to receive, one of `fds` is readable, or the time is over; also
 * answers handshakes. EINTR counts as time over. */
struct link_set {
    struct link *links[LINKS_MAX];
    int link_count;
    int fds[LINKS_MAX];
    int fd_count;
};
struct link_ready {
    unsigned links, fds; /* bit i: the set's i-th */
};
int link_poll(struct wire *wire, const struct link_set *set, int timeout_ms,
              struct link_ready *ret_ready, struct err *err);
