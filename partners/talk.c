/*
 * The partner's side of the door: see talk.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "partners/talk.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/scope.h"
#include "partners/spool.h"

struct talk {
    struct wire *wire;
    struct link *link;
    int64_t patience_ms, heard_ms;
};

int talk_open(const struct client_params *params, struct talk **ret_talk, struct err *err)
{
    SCOPED(talk_free) struct talk *talk = calloc(1, sizeof *talk);
    if (!talk)
        return err_set(err, ERR_MEMORY, "client: no memory");
    talk->patience_ms = params->patience_ms;
    talk_begin(talk);
    const struct link_params link = {.endpoint = params->endpoint,
                                     .receive_messages = 2 * TALK_WINDOW,
                                     .send_messages = 2 * TALK_WINDOW,
                                     .largest_bytes = 2 * SPOOL_CHUNK_BYTES,
                                     .keys = params->keys,
                                     .server_key = params->gateway_key};
    int rc = wire_open(&talk->wire, err);
    if (rc == 0)
        rc = link_call(talk->wire, &link, &talk->link, err);
    if (rc < 0)
        return rc;
    *ret_talk = talk;
    talk = NULL;
    return 0;
}

void talk_free(struct talk **talk)
{
    if (!talk || !*talk)
        return;
    link_free(&(*talk)->link);
    wire_free(&(*talk)->wire);
    free(*talk);
    *talk = NULL;
}

void talk_begin(struct talk *talk)
{
    talk->heard_ms = clock_mono_ms();
}

int talk_send(struct talk *talk, const struct message *message, struct buf *payload,
              struct err *err)
{
    struct buf none = {0};
    return link_give(talk->link, NULL, message, payload ? payload : &none, err);
}

int talk_hear(struct talk *talk, int wait_ms, struct message *ret_message, struct err *err)
{
    const struct link_set set = {.links = {talk->link}, .link_count = 1};
    struct link_ready ready;
    int rc = link_receive(talk->link, ret_message, NULL, err);
    if (rc == 0 && wait_ms > 0 && (rc = link_poll(talk->wire, &set, wait_ms, &ready, err)) == 0)
        rc = link_receive(talk->link, ret_message, NULL, err);
    if (rc > 0)
        talk->heard_ms = clock_mono_ms();
    return rc;
}

int talk_check_patience(const struct talk *talk, struct err *err)
{
    int64_t silent = clock_mono_ms() - talk->heard_ms;
    return silent <= talk->patience_ms
               ? 0
               : err_set(err, ERR_TIMEOUT,
                         "the gateway did not answer for %lld ms: it is away, or this key is not "
                         "listed; the same command goes on with the batch",
                         (long long)silent);
}

static int code_of(const char *name)
{
    for (int code = ERR_IO; code >= ERR_UNAVAILABLE; code--)
        if (strcmp(err_name(code), name) == 0)
            return code;
    return ERR_PROTOCOL;
}

int talk_weigh(const struct message *refused, const struct talk_watcher *watcher, struct err *err)
{
    int code = code_of(refused->refused.code);
    if (code == ERR_FULL || code == ERR_IO || code == ERR_MEMORY || code == ERR_UNAVAILABLE)
        return watcher->look(watcher->context, refused->refused.reason, err);
    return err_set(err, code, "the gateway refused '%.20s': %.300s", refused->refused.what,
                   refused->refused.reason);
}

int talk_pause(struct talk *talk, int pause_ms, const char *why, const struct talk_watcher *watcher,
               struct err *err)
{
    int64_t until = clock_mono_ms() + pause_ms;
    int rc = 0;
    while (rc == 0 && clock_mono_ms() < until) {
        const struct link_set nothing = {0};
        struct link_ready ready;
        rc = link_poll(talk->wire, &nothing, TALK_STEP_MS, &ready, err);
        if (rc == 0)
            rc = watcher->look(watcher->context, why, err);
    }
    return rc;
}

int talk_ask(struct talk *talk, const struct talk_question *question,
             const struct talk_watcher *watcher, struct err *err)
{
    int64_t asked_ms = 0;
    for (;;) {
        struct message message;
        struct err ignored;
        int64_t now = clock_mono_ms();
        if ((asked_ms == 0 || now - asked_ms > TALK_ANSWER_MS) &&
            talk_send(talk, &question->ask, NULL, &ignored) == 0)
            asked_ms = now;
        int rc = talk_hear(talk, TALK_STEP_MS, &message, err);
        if (rc > 0 && message.kind == MESSAGE_REFUSED) {
            rc = talk_weigh(&message, watcher, err);
            if (rc == 0)
                rc = talk_pause(talk, TALK_PAUSE_MS, NULL, watcher, err);
            asked_ms = 0;
        } else if (rc > 0) {
            rc = question->take(question->to, &message);
        }
        message_clear(&message);
        if (rc == 0)
            rc = talk_check_patience(talk, err);
        if (rc == 0 && (asked_ms == 0 || now - talk->heard_ms > TALK_ANSWER_MS))
            rc = watcher->look(watcher->context, "connecting", err);
        if (rc != 0)
            return rc < 0 ? rc : 0;
    }
}
