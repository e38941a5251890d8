/*
 * A partner's talk with the gateway: one question, one answer, asked again when none comes; what
 * only time can cure is tried again.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "wire/link.h"

struct talk;

struct client_params {
    const char *endpoint; /* tcp://HOST:PORT */
    const struct curve_keys *keys;
    const char *gateway_key; /* its public key */
    int64_t patience_ms;     /* without any answer before ERR_TIMEOUT */
};

enum {
    TALK_WINDOW = 12,      /* chunks on their way: some synced, some gathering, some on the line */
    TALK_ANSWER_MS = 5000, /* an answer later than that is not waited for any more */
    TALK_PAUSE_MS = 1000,  /* before a gateway that is full, or a batch that is queued, is asked */
    TALK_STEP_MS = 100
};

int talk_open(const struct client_params *params, struct talk **ret_talk, struct err *err);
void talk_free(struct talk **talk);

/* Who looks on while something is waited for: called at least every second with what it is (NULL:
 * nothing in particular); a negative answer stops with it. */
struct talk_watcher {
    int (*look)(void *context, const char *why, struct err *err);
    void *context;
};

/* Patience begins now. */
void talk_begin(struct talk *talk);

/* 0 or ERR_FULL, ERR_UNAVAILABLE: not sent. The payload is taken over once it is sent; NULL: none.
 */
int talk_send(struct talk *talk, const struct message *message, struct buf *payload,
              struct err *err);

/* Waits for one message: 1, 0 when none came within `wait_ms`. */
int talk_hear(struct talk *talk, int wait_ms, struct message *ret_message, struct err *err);

/* ERR_TIMEOUT when the gateway has been silent for longer than the patience. */
int talk_check_patience(const struct talk *talk, struct err *err);

/* A refusal that time may cure is 0, the watcher is told its reason; otherwise the error that it
 * names. */
int talk_weigh(const struct message *refused, const struct talk_watcher *watcher, struct err *err);

int talk_pause(struct talk *talk, int pause_ms, const char *why, const struct talk_watcher *watcher,
               struct err *err);

/* Sends `ask` until an answer comes that `take` knows: it returns 1 for it, 0 for others. */
struct talk_question {
    struct message ask;
    int (*take)(void *to, struct message *message);
    void *to;
};
int talk_ask(struct talk *talk, const struct talk_question *question,
             const struct talk_watcher *watcher, struct err *err);
