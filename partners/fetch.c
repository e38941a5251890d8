/*
 * Fetching: see fetch.h. Up to TALK_WINDOW parts are asked for ahead, across files; they are
 * answered in order. When none comes in time, what is missing is asked for again.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "partners/fetch.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/scope.h"
#include "partners/parcel.h"

enum { POLL_MS = 200 }; /* between two looks at a hand-over that is being made */

struct fetch {
    struct talk *talk;
    const struct talk_watcher *watcher;
    const struct curve_keys *keys;
    int64_t patience_ms;
    char uuid[33];
    uint32_t number;
};

int fetch_open(const struct client_params *params, const struct talk_watcher *watcher,
               struct fetch **ret_fetch, struct err *err)
{
    SCOPED(fetch_free) struct fetch *fetch = calloc(1, sizeof *fetch);
    if (!fetch)
        return err_set(err, ERR_MEMORY, "fetch: no memory");
    fetch->watcher = watcher;
    fetch->keys = params->keys;
    fetch->patience_ms = params->patience_ms;
    int rc = talk_open(params, &fetch->talk, err);
    if (rc < 0)
        return rc;
    *ret_fetch = fetch;
    fetch = NULL;
    return 0;
}

void fetch_free(struct fetch **fetch)
{
    if (!fetch || !*fetch)
        return;
    talk_free(&(*fetch)->talk);
    free(*fetch);
    *fetch = NULL;
}

/* ---- how the hand-over stands ---- */

/* What the gateway says of the call. */
struct said {
    const struct fetch *fetch;
    struct handover_message handover;
};

static int take_handover(void *to, struct message *message)
{
    struct said *said = to;
    if (message->kind != MESSAGE_HANDOVER || strcmp(message->handover.uuid, said->fetch->uuid) != 0)
        return 0;
    said->handover = message->handover;
    return 1;
}

/* Asks until another phase than `busy` comes. */
static int ask_while(struct fetch *fetch, const struct message *ask, const char *busy,
                     struct said *ret_said, struct err *err)
{
    const struct talk_question question = {.ask = *ask, .take = take_handover, .to = ret_said};
    int64_t until_ms = clock_mono_ms() + fetch->patience_ms;
    int rc;
    ret_said->fetch = fetch;
    talk_begin(fetch->talk);
    while ((rc = talk_ask(fetch->talk, &question, fetch->watcher, err)) == 0 &&
           strcmp(ret_said->handover.phase, busy) == 0) {
        if (clock_mono_ms() > until_ms)
            return err_set(err, ERR_TIMEOUT, "the platform is still %s after %lld ms", busy,
                           (long long)fetch->patience_ms);
        rc = talk_pause(fetch->talk, POLL_MS, busy, fetch->watcher, err);
        if (rc < 0)
            return rc;
    }
    return rc;
}

int fetch_order(struct fetch *fetch, const struct fetch_order *order, struct err *err)
{
    struct message ask = {.kind = MESSAGE_FETCH,
                          .fetch = {.again = order->again, .pdf = order->pdf}};
    struct said said = {0};
    uint8_t raw[16];
    randombytes_buf(raw, sizeof raw);
    sodium_bin2hex(fetch->uuid, sizeof fetch->uuid, raw, sizeof raw);
    memcpy(ask.fetch.uuid, fetch->uuid, sizeof ask.fetch.uuid);
    int rc = ask_while(fetch, &ask, "preparing", &said, err);
    fetch->number = said.handover.number;
    if (rc < 0)
        return rc;
    if (strcmp(said.handover.phase, "ready") == 0)
        return 1;
    return strcmp(said.handover.phase, "nothing") == 0
               ? 0
               : err_set(err, ERR_PROTOCOL, "fetch: the gateway said '%s'", said.handover.phase);
}

int fetch_acknowledge(struct fetch *fetch, const struct digest *manifest, struct err *err)
{
    struct message ask = {.kind = MESSAGE_ACKNOWLEDGE, .acknowledge = {.number = fetch->number}};
    struct said said = {0};
    memcpy(ask.acknowledge.uuid, fetch->uuid, sizeof ask.acknowledge.uuid);
    digest_hex(manifest, ask.acknowledge.manifest);
    int rc = ask_while(fetch, &ask, "acknowledging", &said, err);
    if (rc == 0 && strcmp(said.handover.phase, "acknowledged") != 0)
        rc = err_set(err, ERR_PROTOCOL, "acknowledge: the gateway said '%s'", said.handover.phase);
    return rc;
}

/* ---- the manifest ---- */

struct manifest_part {
    const struct fetch *fetch;
    struct buf *manifest;
    uint32_t whole;
};

static int take_manifest(void *to, struct message *message)
{
    struct manifest_part *part = to;
    const struct file_part_message *said = &message->file_part;
    if (message->kind != MESSAGE_FILE_PART || said->number != part->fetch->number ||
        said->file != 0 || said->at != part->manifest->len || message->payload.len == 0)
        return 0;
    part->whole = said->bytes;
    return buf_append(part->manifest, buf_view(&message->payload)) < 0 ? ERR_MEMORY : 1;
}

int fetch_manifest(struct fetch *fetch, size_t most, struct buf *ret_manifest, struct err *err)
{
    struct manifest_part part = {.fetch = fetch, .manifest = ret_manifest};
    int rc;
    do {
        const struct talk_question question = {
            .ask = {.kind = MESSAGE_PART,
                    .part = {.number = fetch->number, .at = (uint32_t)ret_manifest->len}},
            .take = take_manifest,
            .to = &part};
        rc = talk_ask(fetch->talk, &question, fetch->watcher, err);
        if (rc == 0 && part.whole > most)
            rc = err_set(err, ERR_LIMIT, "manifest: %u bytes, at most %zu", part.whole, most);
    } while (rc == 0 && ret_manifest->len < part.whole);
    return rc;
}

/* ---- files ---- */

/* A place in the list. */
struct cursor {
    uint32_t index, at;
};

struct pull {
    struct fetch *fetch;
    const struct fetch_wish *wish;
    struct cursor ask, take;
    int on_way;
    int64_t heard_ms;
};

/* The first place at or behind the cursor where something is wanted. */
static void settle(const struct fetch_wish *wish, struct cursor *cursor)
{
    while (cursor->index < wish->count && cursor->at >= wish->files[cursor->index].bytes) {
        cursor->index++;
        if (cursor->index < wish->count)
            cursor->at = wish->files[cursor->index].at;
    }
}

static void advance(const struct fetch_wish *wish, struct cursor *cursor)
{
    cursor->at += SPOOL_CHUNK_BYTES;
    settle(wish, cursor);
}

static void ask_ahead(struct pull *pull)
{
    struct err ignored;
    while (pull->on_way < TALK_WINDOW && pull->ask.index < pull->wish->count) {
        const struct message message = {.kind = MESSAGE_PART,
                                        .part = {.number = pull->fetch->number,
                                                 .file = pull->wish->files[pull->ask.index].file,
                                                 .at = pull->ask.at}};
        if (talk_send(pull->fetch->talk, &message, NULL, &ignored) < 0)
            return;
        pull->on_way++;
        advance(pull->wish, &pull->ask);
    }
}

/* What is on its way is forgotten; it is asked for again, and comes once or twice. */
static void ask_again(struct pull *pull)
{
    pull->ask = pull->take;
    pull->on_way = 0;
    pull->heard_ms = clock_mono_ms();
}

static int take_piece(struct pull *pull, const struct message *message, struct err *err)
{
    const struct fetch_file *file = &pull->wish->files[pull->take.index];
    const struct file_part_message *said = &message->file_part;
    SCOPED(buf_free) struct buf plain = {0};
    if (message->kind != MESSAGE_FILE_PART || said->number != pull->fetch->number ||
        said->file != file->file || said->at != pull->take.at)
        return 0;
    uint32_t left = file->bytes - pull->take.at;
    int rc = parcel_open(buf_view(&message->payload), pull->fetch->keys, &plain, err);
    if (rc == 0 && plain.len != (left < SPOOL_CHUNK_BYTES ? left : SPOOL_CHUNK_BYTES))
        rc = err_set(err, ERR_INTEGRITY, "file %u: %zu bytes at byte %u, it has %u", file->file,
                     plain.len, pull->take.at, file->bytes);
    const struct fetch_piece piece = {pull->take.index, pull->take.at, buf_view(&plain)};
    if (rc == 0)
        rc = pull->wish->take(pull->wish->context, &piece, err);
    if (plain.at)
        sodium_memzero(plain.at, plain.len);
    pull->on_way -= pull->on_way > 0;
    pull->heard_ms = clock_mono_ms();
    advance(pull->wish, &pull->take);
    return rc;
}

static int take_refusal(struct pull *pull, const struct message *message, struct err *err)
{
    int rc = talk_weigh(message, pull->fetch->watcher, err);
    if (rc == 0)
        rc = talk_pause(pull->fetch->talk, TALK_PAUSE_MS, NULL, pull->fetch->watcher, err);
    ask_again(pull);
    return rc;
}

static int step(struct pull *pull, struct err *err)
{
    struct message message;
    const struct talk_watcher *watcher = pull->fetch->watcher;
    ask_ahead(pull);
    int rc = talk_hear(pull->fetch->talk, TALK_STEP_MS, &message, err);
    if (rc > 0 && message.kind == MESSAGE_REFUSED)
        rc = take_refusal(pull, &message, err);
    else if (rc > 0)
        rc = take_piece(pull, &message, err);
    message_clear(&message);
    if (rc == 0)
        rc = talk_check_patience(pull->fetch->talk, err);
    bool late = clock_mono_ms() - pull->heard_ms > TALK_ANSWER_MS;
    if (late)
        ask_again(pull);
    return rc < 0 ? rc : watcher->look(watcher->context, late ? "connecting" : NULL, err);
}

int fetch_files(struct fetch *fetch, const struct fetch_wish *wish, struct err *err)
{
    struct pull pull = {.fetch = fetch, .wish = wish};
    int rc = 0;
    if (wish->count > 0)
        pull.take.at = wish->files[0].at;
    settle(wish, &pull.take);
    talk_begin(fetch->talk);
    ask_again(&pull);
    while (rc == 0 && pull.take.index < wish->count)
        rc = step(&pull, err);
    return rc;
}
