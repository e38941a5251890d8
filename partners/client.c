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

enum {
    WINDOW = 4,       /* chunks on their way: as many as the gateway queues for a connection */
    ANSWER_MS = 5000, /* an answer later than that is not waited for any more */
    PAUSE_MS = 1000,  /* before a gateway that is full, or a batch that is queued, is asked again */
    STEP_MS = 100
};

/* Where a batch stands. */
struct standing {
    bool queued, done;
    uint32_t file, at;
};

struct client {
    struct wire *wire;
    struct link *link;
    int64_t patience_ms, heard_ms;
    const struct client_batch *batch; /* during client_submit */
    uint64_t *before;                 /* bytes of the files before each */
};

/* The step's window: what each chunk on its way will make of the batch. */
struct window {
    struct standing expected[WINDOW];
    int count;
    bool out_of_step;
};

int client_open(const struct client_params *params, struct client **ret_client, struct err *err)
{
    SCOPED(client_free) struct client *client = calloc(1, sizeof *client);
    if (!client)
        return err_set(err, ERR_MEMORY, "client: no memory");
    client->patience_ms = params->patience_ms;
    const struct link_params link = {.endpoint = params->endpoint,
                                     .receive_messages = 2 * WINDOW,
                                     .send_messages = 2 * WINDOW,
                                     .largest_bytes = 2 * SPOOL_CHUNK_BYTES,
                                     .keys = params->keys,
                                     .server_key = params->gateway_key};
    int rc = wire_open(&client->wire, err);
    if (rc == 0)
        rc = link_call(client->wire, &link, &client->link, err);
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
    link_free(&(*client)->link);
    wire_free(&(*client)->wire);
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

/* Waits for one message about this batch: 1, 0 when none came within `wait_ms`. */
static int hear(struct client *client, int wait_ms, struct message *ret_message, struct err *err)
{
    const struct link_set set = {.links = {client->link}, .link_count = 1};
    struct link_ready ready;
    int rc = link_receive(client->link, ret_message, NULL, err);
    if (rc == 0 && wait_ms > 0 && (rc = link_poll(client->wire, &set, wait_ms, &ready, err)) == 0)
        rc = link_receive(client->link, ret_message, NULL, err);
    if (rc > 0)
        client->heard_ms = clock_mono_ms();
    return rc;
}

static int check_patience(const struct client *client, struct err *err)
{
    int64_t silent = clock_mono_ms() - client->heard_ms;
    return silent <= client->patience_ms
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

/* A refusal that time may cure is 0: try again; otherwise the error it names. */
static int weigh(const struct client *client, const struct message *refused, struct err *err)
{
    const struct standing start = {0};
    int code = code_of(refused->refused.code);
    if (code == ERR_FULL || code == ERR_IO || code == ERR_MEMORY || code == ERR_UNAVAILABLE)
        return tell(client, &start, refused->refused.reason, err);
    return err_set(err, code, "the gateway refused '%.20s': %.300s", refused->refused.what,
                   refused->refused.reason);
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

static int pause_for(struct client *client, int pause_ms, const struct standing *at,
                     struct err *err)
{
    int64_t until = clock_mono_ms() + pause_ms;
    int rc = 0;
    while (rc == 0 && clock_mono_ms() < until) {
        const struct link_set nothing = {0};
        struct link_ready ready;
        rc = link_poll(client->wire, &nothing, STEP_MS, &ready, err);
        if (rc == 0)
            rc = tell(client, at, at->queued ? "queued" : NULL, err);
    }
    return rc;
}

/* Sends `ask` until an answer comes that `take` knows; it returns 1 for it, 0 for others. */
struct asking {
    struct message ask;
    int (*take)(struct client *client, struct message *message, void *to);
    void *to;
};

static int await(struct client *client, const struct asking *asking, struct err *err)
{
    const struct standing start = {0};
    int64_t asked_ms = 0;
    for (;;) {
        struct message message;
        struct err ignored;
        int64_t now = clock_mono_ms();
        if ((asked_ms == 0 || now - asked_ms > ANSWER_MS) &&
            link_send(client->link, NULL, &asking->ask, bytes_of(NULL, 0), &ignored) == 0)
            asked_ms = now;
        int rc = hear(client, STEP_MS, &message, err);
        if (rc > 0 && message.kind == MESSAGE_REFUSED) {
            rc = weigh(client, &message, err);
            if (rc == 0)
                rc = pause_for(client, PAUSE_MS, &start, err);
            asked_ms = 0;
        } else if (rc > 0) {
            rc = asking->take(client, &message, asking->to);
        }
        message_clear(&message);
        if (rc == 0)
            rc = check_patience(client, err);
        if (rc == 0 && asked_ms == 0)
            rc = tell(client, &start, "connecting", err);
        if (rc != 0)
            return rc < 0 ? rc : 0;
    }
}

static int take_standing(struct client *client, struct message *message, void *to)
{
    return read_standing(client, message, to);
}

static int ask_standing(struct client *client, struct standing *ret_standing, struct err *err)
{
    const struct manifest *manifest = client->batch->manifest;
    struct asking asking = {
        .ask = {.kind = MESSAGE_SUBMIT}, .take = take_standing, .to = ret_standing};
    struct submit_message *submit = &asking.ask.submit;
    struct digest digest = digest_of(client->batch->text);
    memcpy(submit->uuid, manifest->uuid, sizeof submit->uuid);
    memcpy(submit->tenant, manifest->tenant, sizeof submit->tenant);
    digest_hex(&digest, submit->manifest);
    submit->bytes = (uint32_t)client->batch->text.len;
    return await(client, &asking, err);
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
    if (link_send(client->link, NULL, &message, buf_view(&bytes), &ignored) < 0)
        return 0;
    *cursor = after(client, &span);
    window->expected[window->count++] = *cursor;
    return 1;
}

static int take_answer(struct client *client, struct window *window, const struct message *message,
                       struct err *err)
{
    struct standing standing;
    if (message->kind == MESSAGE_REFUSED) {
        window->out_of_step = true;
        window->count -= window->count > 0;
        return weigh(client, message, err);
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
    while (rc > 0 && !window->out_of_step && window->count < WINDOW && !is_end(client, cursor))
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
        rc = hear(client, STEP_MS, &message, err);
        if (rc > 0) {
            last_ms = clock_mono_ms();
            rc = take_answer(client, &window, &message, err);
        }
        message_clear(&message);
        if (rc < 0)
            return rc;
        if (clock_mono_ms() - last_ms > ANSWER_MS)
            return tell(client, &cursor, "connecting", err);
    }
}

/* ---- the receipt ---- */

/* A receipt on its way. */
struct fetched {
    struct buf *receipt;
    uint32_t whole; /* bytes, once known */
};

static int take_part(struct client *client, struct message *message, void *to)
{
    struct fetched *fetched = to;
    const struct receipt_part_message *part = &message->receipt_part;
    if (message->kind != MESSAGE_RECEIPT_PART || strcmp(part->uuid, uuid_of(client)) != 0 ||
        part->at != fetched->receipt->len || message->payload.len == 0)
        return 0;
    fetched->whole = part->bytes;
    return buf_append(fetched->receipt, buf_view(&message->payload)) < 0 ? ERR_MEMORY : 1;
}

static int fetch_receipt(struct client *client, struct buf *ret_receipt, struct err *err)
{
    enum { RECEIPT_MOST = 16 << 20 }; /* whatever the other side says */
    struct fetched fetched = {.receipt = ret_receipt};
    int rc;
    do {
        struct asking asking = {
            .ask = {.kind = MESSAGE_RECEIPT}, .take = take_part, .to = &fetched};
        memcpy(asking.ask.receipt.uuid, uuid_of(client), sizeof asking.ask.receipt.uuid);
        asking.ask.receipt.at = (uint32_t)ret_receipt->len;
        rc = await(client, &asking, err);
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
    client->heard_ms = clock_mono_ms();
    int rc = sum_files(client, err);
    while (rc == 0 && (rc = ask_standing(client, &standing, err)) == 0 && !standing.done) {
        if (standing.queued)
            rc = pause_for(client, PAUSE_MS / 2, &standing, err);
        else
            rc = send_from(client, standing, err);
    }
    return rc < 0 ? rc : fetch_receipt(client, ret_receipt, err);
}
