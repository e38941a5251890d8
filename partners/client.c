/*
 * The partner's side: see client.h. Up to WINDOW chunks are on their way; each is answered by where
 * the batch stands. An answer that is not the one expected (a gateway that was started anew, a
 * chunk that was lost) ends the step: what is on its way is waited for, then the batch is asked for
 * again.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "partners/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/scope.h"
#include "partners/spool.h"

/* Where a batch stands. */
struct standing {
    bool queued, done;
    uint32_t file, at;
};

struct client {
    struct talk *talk;
    const struct client_batch *batch; /* during client_submit */
    uint64_t *before;                 /* bytes of the files before each */
};

/* The step's window: what each chunk on its way will make of the batch. */
struct window {
    struct standing expected[TALK_WINDOW];
    int count;
    bool out_of_step;
};

int client_open(const struct client_params *params, struct client **ret_client, struct err *err)
{
    SCOPED(client_free) struct client *client = calloc(1, sizeof *client);
    if (!client)
        return err_set(err, ERR_MEMORY, "client: no memory");
    int rc = talk_open(params, &client->talk, err);
    if (rc < 0)
        return rc;
    *ret_client = client;
    client = NULL;
    return 0;
}

void client_free(struct client **client)
{
    if (!client || !*client)
        return;
    talk_free(&(*client)->talk);
    free((*client)->before);
    free(*client);
    *client = NULL;
}

/* ---- files ---- */

static uint32_t bytes_of_file(const struct client *client, uint32_t file)
{
    const struct client_batch *batch = client->batch;
    return file ? batch->manifest->files[file - 1].bytes : (uint32_t)batch->text.len;
}

static bool is_end(const struct client *client, const struct standing *at)
{
    return at->queued || at->done || at->file > client->batch->manifest->count;
}

static struct standing after(const struct client *client, const struct client_span *span)
{
    struct standing next = {.file = span->file, .at = span->at + span->len};
    if (next.at == bytes_of_file(client, span->file))
        next = (struct standing){.file = span->file + 1};
    next.queued = next.file > client->batch->manifest->count;
    return next;
}

static bool same(const struct standing *a, const struct standing *b)
{
    return a->file == b->file && a->at == b->at && a->queued == b->queued && a->done == b->done;
}

static int tell(const struct client *client, const struct standing *at, const char *why,
                struct err *err)
{
    const struct manifest *manifest = client->batch->manifest;
    uint64_t sent = client->before[manifest->count];
    if (!is_end(client, at))
        sent = at->file ? client->before[at->file - 1] + at->at : 0;
    return client->batch->progress(client->batch->context, sent, why) == 0
               ? 0
               : err_set(err, ERR_CANCELLED, "stopped; the same command goes on with the batch");
}

/* ---- messages ---- */

static const char *uuid_of(const struct client *client)
{
    return client->batch->manifest->uuid;
}

/* Nothing of the batch is known to be there yet. */
static int look(void *context, const char *why, struct err *err)
{
    const struct standing start = {0};
    return tell(context, &start, why, err);
}

static struct talk_watcher watcher_of(struct client *client)
{
    return (struct talk_watcher){look, client};
}

static bool read_standing(const struct client *client, const struct message *message,
                          struct standing *ret_standing)
{
    const struct standing_message *said = &message->standing;
    if (message->kind != MESSAGE_STANDING || strcmp(said->uuid, uuid_of(client)) != 0)
        return false;
    *ret_standing = (struct standing){.queued = strcmp(said->phase, "queued") == 0,
                                      .done = strcmp(said->phase, "done") == 0,
                                      .file = said->file,
                                      .at = said->at};
    return is_end(client, ret_standing) || said->at <= bytes_of_file(client, said->file);
}

/* A wait for what is queued over there. */
static int look_queued(void *context, const char *why, struct err *err)
{
    const struct standing queued = {.queued = true};
    return tell(context, &queued, why, err);
}

/* An answer that is taken, and where to. */
struct heard {
    struct client *client;
    void *to;
};

static int take_standing(void *to, struct message *message)
{
    const struct heard *heard = to;
    return read_standing(heard->client, message, heard->to);
}

static int ask_standing(struct client *client, struct standing *ret_standing, struct err *err)
{
    const struct manifest *manifest = client->batch->manifest;
    struct heard heard = {client, ret_standing};
    const struct talk_watcher watcher = watcher_of(client);
    struct talk_question question = {
        .ask = {.kind = MESSAGE_SUBMIT}, .take = take_standing, .to = &heard};
    struct submit_message *submit = &question.ask.submit;
    struct digest digest = digest_of(client->batch->text);
    memcpy(submit->uuid, manifest->uuid, sizeof submit->uuid);
    memcpy(submit->tenant, manifest->tenant, sizeof submit->tenant);
    digest_hex(&digest, submit->manifest);
    submit->bytes = (uint32_t)client->batch->text.len;
    return talk_ask(client->talk, &question, &watcher, err);
}

/* ---- chunks ---- */

static int read_chunk(const struct client *client, const struct client_span *span,
                      struct buf *ret_bytes, struct err *err)
{
    const struct client_batch *batch = client->batch;
    if (span->file > 0)
        return batch->read(batch->context, span, ret_bytes, err);
    return buf_append(ret_bytes, bytes_of(batch->text.at + span->at, span->len)) < 0
               ? err_set(err, ERR_MEMORY, "chunk: no memory")
               : 0;
}

/* Sends the chunk that begins at `cursor` and moves it on; 0 when the queue is full. */
static int send_chunk(struct client *client, struct window *window, struct standing *cursor,
                      struct err *err)
{
    struct message message = {.kind = MESSAGE_CHUNK,
                              .chunk = {.file = cursor->file, .at = cursor->at}};
    struct client_span span = {cursor->file, cursor->at, 0};
    struct err ignored;
    SCOPED(buf_free) struct buf bytes = {0};
    uint32_t left = bytes_of_file(client, cursor->file) - cursor->at;
    span.len = left < SPOOL_CHUNK_BYTES ? left : SPOOL_CHUNK_BYTES;
    memcpy(message.chunk.uuid, uuid_of(client), sizeof message.chunk.uuid);
    int rc = read_chunk(client, &span, &bytes, err);
    if (rc < 0)
        return rc;
    if (talk_send(client->talk, &message, &bytes, &ignored) < 0)
        return 0;
    *cursor = after(client, &span);
    window->expected[window->count++] = *cursor;
    return 1;
}

static int take_answer(struct client *client, struct window *window, const struct message *message,
                       struct err *err)
{
    struct standing standing;
    const struct talk_watcher watcher = watcher_of(client);
    if (message->kind == MESSAGE_REFUSED) {
        window->out_of_step = true;
        window->count -= window->count > 0;
        return talk_weigh(message, &watcher, err);
    }
    if (!read_standing(client, message, &standing) || window->count == 0)
        return 0;
    window->out_of_step |= !same(&standing, &window->expected[0]);
    window->count--;
    memmove(window->expected, window->expected + 1, sizeof standing * (size_t)window->count);
    return window->out_of_step ? 0 : tell(client, &standing, NULL, err);
}

/* Fills the window unless the step is over. */
static int fill(struct client *client, struct window *window, struct standing *cursor,
                struct err *err)
{
    int rc = 1;
    while (rc > 0 && !window->out_of_step && window->count < TALK_WINDOW && !is_end(client, cursor))
        rc = send_chunk(client, window, cursor, err);
    return rc < 0 ? rc : 0;
}

/* Sends from `cursor` until all is there, or an answer is late or unexpected. */
static int send_from(struct client *client, struct standing cursor, struct err *err)
{
    struct window window = {0};
    int64_t last_ms = clock_mono_ms();
    for (;;) {
        struct message message;
        int rc = fill(client, &window, &cursor, err);
        if (rc < 0)
            return rc;
        if (window.count == 0 && (window.out_of_step || is_end(client, &cursor)))
            return 0;
        rc = talk_hear(client->talk, TALK_STEP_MS, &message, err);
        if (rc > 0) {
            last_ms = clock_mono_ms();
            rc = take_answer(client, &window, &message, err);
        }
        message_clear(&message);
        if (rc < 0)
            return rc;
        if (clock_mono_ms() - last_ms > TALK_ANSWER_MS)
            return tell(client, &cursor, "connecting", err);
    }
}

/* ---- the receipt ---- */

/* A receipt on its way. */
struct fetched {
    struct buf *receipt;
    uint32_t whole; /* bytes, once known */
};

static int take_part(void *to, struct message *message)
{
    const struct heard *heard = to;
    struct fetched *fetched = heard->to;
    const struct receipt_part_message *part = &message->receipt_part;
    if (message->kind != MESSAGE_RECEIPT_PART || strcmp(part->uuid, uuid_of(heard->client)) != 0 ||
        part->at != fetched->receipt->len || message->payload.len == 0)
        return 0;
    fetched->whole = part->bytes;
    return buf_append(fetched->receipt, buf_view(&message->payload)) < 0 ? ERR_MEMORY : 1;
}

static int fetch_receipt(struct client *client, struct buf *ret_receipt, struct err *err)
{
    enum { RECEIPT_MOST = 16 << 20 }; /* whatever the other side says */
    struct fetched fetched = {.receipt = ret_receipt};
    struct heard heard = {client, &fetched};
    const struct talk_watcher watcher = watcher_of(client);
    int rc;
    do {
        struct talk_question question = {
            .ask = {.kind = MESSAGE_RECEIPT}, .take = take_part, .to = &heard};
        memcpy(question.ask.receipt.uuid, uuid_of(client), sizeof question.ask.receipt.uuid);
        question.ask.receipt.at = (uint32_t)ret_receipt->len;
        rc = talk_ask(client->talk, &question, &watcher, err);
    } while (rc == 0 && ret_receipt->len < fetched.whole && ret_receipt->len < RECEIPT_MOST);
    return rc;
}

static int sum_files(struct client *client, struct err *err)
{
    const struct manifest *manifest = client->batch->manifest;
    free(client->before);
    client->before = calloc(manifest->count + 1, sizeof *client->before);
    if (!client->before)
        return err_set(err, ERR_MEMORY, "client: no memory for %u files", manifest->count);
    for (uint32_t i = 0; i < manifest->count; i++)
        client->before[i + 1] = client->before[i] + manifest->files[i].bytes;
    return 0;
}

int client_submit(struct client *client, const struct client_batch *batch, struct buf *ret_receipt,
                  struct err *err)
{
    struct standing standing = {0};
    client->batch = batch;
    talk_begin(client->talk);
    int rc = sum_files(client, err);
    while (rc == 0 && (rc = ask_standing(client, &standing, err)) == 0 && !standing.done) {
        if (standing.queued)
            rc = talk_pause(client->talk, TALK_PAUSE_MS / 2, "queued",
                            &(struct talk_watcher){look_queued, client}, err);
        else
            rc = send_from(client, standing, err);
    }
    return rc < 0 ? rc : fetch_receipt(client, ret_receipt, err);
}
