/*
 * tripli-import: the hub's side of the partners' door. It opens the sealed files of whole batches
 * with the hub's key, feeds their pages to the hub as any capture does, and writes the signed
 * receipt. A batch that takes long goes on when the other tenants had their turns. Killed at any
 * moment it begins the batch again: what the hub has is not kept twice.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <poll.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "archive/batch_receipt.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/scope.h"
#include "partners/inbox_queue.h"
#include "partners/inbox_refusals.h"
#include "partners/spool_read.h"
#include "workers/ask.h"
#include "workers/capture.h"
#include "workers/program.h"
#include "workers/sealed_pages.h"

enum {
    LOOK_MS = 500,  /* between two looks at an empty queue */
    TURN_MS = 5000, /* of one batch, and its file in hand; a tenant waits so long for another */
    TENANTS = 1000, /* codes have three digits */
    HUB_PATIENCE_MS = 10000,
    SAID_MAX = 64 /* batches in trouble that the log remembers */
};

struct import {
    struct program program;
    char root[PLACE_SIZE + 16], cutter[PLACE_SIZE + 16];
    struct spool_secret key;
    bool stopping;
    char in_trouble[SAID_MAX][MANIFEST_UUID_SIZE];
    int trouble_count;
    struct inbox_pass pass;
    struct delivery
        *begun[TENANTS]; /* by its code, a tenant's batch that waits for its next turn */
};

/* A batch on its way to the hub. */
struct delivery {
    struct import *import;
    struct inbox_queued queued;
    struct inbox_batch batch; /* `queued` names it */
    struct manifest manifest;
    struct spool_reader *files;
    uint32_t taken;          /* files that are through */
    struct capture *capture; /* NULL until the first good page of a turn */
    struct cutter *cutter;   /* one process for the files of this batch and no other */
    struct batch_receipt receipt;
    struct inbox_refusals refusals;
    uint32_t accepted; /* pages that the hub has of it, of this run or one before */
    uint32_t envelope; /* whose first page has been sent */
};

static void delivery_free(struct delivery **delivery)
{
    if (!*delivery)
        return;
    capture_free(&(*delivery)->capture);
    cutter_free(&(*delivery)->cutter);
    spool_reader_free(&(*delivery)->files);
    manifest_clear(&(*delivery)->manifest);
    inbox_refusals_clear(&(*delivery)->refusals);
    free(*delivery);
    *delivery = NULL;
}

/* The partner's uuid means something within its tenant only. After a restore the archive may know
 * the uuid with another date of receipt than it is sent with again: that is another batch. */
static void hub_uuid(const struct delivery *delivery, char ret_uuid[MANIFEST_UUID_SIZE])
{
    char name[160], hex[DIGEST_HEX_SIZE];
    int len = snprintf(name, sizeof name, "partner %s %s %s", delivery->batch.tenant,
                       delivery->batch.uuid, digest_hex(&delivery->receipt.manifest, hex));
    struct digest digest = digest_of(bytes_of(name, (size_t)len));
    snprintf(ret_uuid, MANIFEST_UUID_SIZE, "%.32s", digest_hex(&digest, hex));
}

/* Whether the hub may have pages of the batch, of a run before. */
static bool is_begun(const struct delivery *delivery, char ret_path[INBOX_PATH_SIZE])
{
    inbox_path(delivery->import->root, &delivery->batch, INBOX_BEGUN, ret_path);
    return access(ret_path, F_OK) == 0;
}

static int open_batch(struct delivery *delivery, struct err *err)
{
    char path[INBOX_PATH_SIZE];
    struct batch_open_message open = {.marked = true, .source = "partner"};
    struct batch_opened_message opened;
    if (delivery->capture)
        return 0;
    int rc = is_begun(delivery, path) ? 0 : file_write(path, 0600, bytes_of(NULL, 0), err);
    if (rc < 0)
        return rc;
    hub_uuid(delivery, open.uuid);
    memcpy(open.tenant, delivery->batch.tenant, sizeof open.tenant);
    memcpy(open.received, delivery->manifest.received, sizeof open.received);
    memcpy(open.mail, delivery->manifest.kind, sizeof open.mail);
    rc = capture_open(&delivery->import->program, NULL, &delivery->capture, err);
    if (rc == 0)
        rc = capture_batch_open(delivery->capture, &open, &opened, err);
    if (rc < 0)
        return rc;
    delivery->receipt.number = opened.batch;
    delivery->accepted = opened.accepted;
    return 0;
}

/* Whoever began the batch kept each refused file before the hub got a page after it: when the hub
 * has the next page, this file is the one that it was cut from, and the trouble is ours. */
static int refuse_file(struct delivery *delivery, uint32_t file, const struct err *why,
                       struct err *err)
{
    if (delivery->accepted > delivery->receipt.pages)
        return err_set(err, ERR_UNAVAILABLE, "file %u: its pages were sent before, and now: %.250s",
                       file, why->text);
    return inbox_refusals_add(&delivery->refusals, file, why, err);
}

/* Every page can be cut out, or the file is refused as a whole. */
static int cut_file(const struct delivery *delivery, const struct sealed_file *file,
                    struct sealed_pages *ret_pages, struct err *why)
{
    int rc = sealed_pages_cut(delivery->cutter, file, ret_pages, why);
    if (rc == 0 && delivery->receipt.pages + ret_pages->count > PAGES_PER_BATCH_MAX)
        rc = err_set(why, ERR_LIMIT, "more than %d pages in one batch", PAGES_PER_BATCH_MAX);
    return rc;
}

static int send_page(struct delivery *delivery, uint32_t envelope, const struct sealed_page *cut,
                     struct err *err)
{
    struct page_message page = {.batch = delivery->receipt.number,
                                .page = ++delivery->receipt.pages,
                                .starts_envelope = delivery->envelope != envelope,
                                .sheet = delivery->receipt.pages,
                                .capture = cut->record};
    digest_hex(&cut->digest, page.digest);
    delivery->envelope = envelope;
    return capture_page(delivery->capture, &page, cut->image, err);
}

static int open_files(struct delivery *delivery, struct err *err)
{
    char path[INBOX_PATH_SIZE];
    int rc = is_begun(delivery, path) ? open_batch(delivery, err) : 0;
    inbox_path(delivery->import->root, &delivery->batch, INBOX_SPOOL, path);
    return rc < 0 ? rc
                  : spool_reader_open(path, &delivery->import->key, &delivery->manifest,
                                      &delivery->files, err);
}

/* Troubles of this machine; anything else is the file's own. */
static bool is_ours(int code)
{
    return code == ERR_IO || code == ERR_MEMORY || code == ERR_NOT_FOUND || code == ERR_DENIED ||
           code == ERR_UNAVAILABLE || code == ERR_FULL;
}

static int take_file(struct delivery *delivery, uint32_t file, struct err *err)
{
    const struct manifest_file *row = &delivery->manifest.files[file - 1];
    struct err why = {0};
    if (inbox_refusals_has(&delivery->refusals, file))
        return 0;
    SCOPED(sealed_pages_clear) struct sealed_pages pages = {0};
    SCOPED(buf_free) struct buf plain = {0};
    int rc = spool_reader_file(delivery->files, file, &plain, &why);
    const struct sealed_file sealed = {buf_view(&plain), row->digest, SEALED_WAIT_MS};
    if (rc == 0)
        rc = cut_file(delivery, &sealed, &pages, &why);
    if (rc < 0 && is_ours(rc))
        return err_set(err, rc, "%.350s", why.text);
    if (rc < 0)
        return refuse_file(delivery, file, &why, err);
    rc = open_batch(delivery, err);
    for (unsigned i = 0; rc == 0 && i < pages.count; i++)
        rc = send_page(delivery, row->envelope, &pages.at[i], err);
    return rc;
}

static int end_batch(struct delivery *delivery, struct err *err)
{
    const struct batch_receipt *receipt = &delivery->receipt;
    if (receipt->pages == 0)
        return 0;
    int rc = open_batch(delivery, err);
    const struct batch_end_message end = {.batch = receipt->number,
                                          .sheets_fed = receipt->pages + delivery->refusals.count,
                                          .sheets_rejected = delivery->refusals.count,
                                          .pages = receipt->pages};
    return rc < 0 ? rc : capture_batch_end(delivery->capture, &end, err);
}

/* The hub compares the receipt with its batch and signs. */
static int sign(struct delivery *delivery, struct signed_statement *ret_by, struct err *err)
{
    struct asker *asker = NULL;
    json_t *details = batch_receipt_to_json(&delivery->receipt), *signed_by = NULL;
    json_object_set(details, "reasons", delivery->refusals.codes);
    int rc = asker_open(&delivery->import->program, HUB_PATIENCE_MS, &asker, err);
    if (rc == 0 && !asker)
        rc = err_set(err, ERR_UNAVAILABLE, "no hub answers");
    if (rc == 0)
        rc = asker_ask(asker, "vouch", details, &signed_by, err);
    if (rc == 0)
        rc = statement_from_json(signed_by, ret_by, err);
    asker_free(&asker);
    json_decref(details);
    json_decref(signed_by);
    return rc;
}

static int write_receipt(struct delivery *delivery, struct err *err)
{
    char path[INBOX_PATH_SIZE];
    struct signed_statement by;
    SCOPED(buf_free) struct buf file = {0};
    struct batch_receipt *receipt = &delivery->receipt;
    receipt->refused = delivery->refusals.count;
    receipt->refusals = digest_of(buf_view(&delivery->refusals.lines));
    int rc = sign(delivery, &by, err);
    if (rc == 0)
        rc = batch_receipt_write(&by, buf_view(&delivery->refusals.lines), &file, err);
    inbox_path(delivery->import->root, &delivery->batch, "receipt", path);
    if (rc == 0)
        rc = file_write(path, 0600, buf_view(&file), err);
    if (rc == 0)
        log_info("tenant=%s batch=%u taken from a partner: %u files, %u refused, %u pages",
                 receipt->tenant, receipt->number, receipt->files, receipt->refused,
                 receipt->pages);
    return rc;
}

static int read_manifest(struct delivery *delivery, struct err *err)
{
    char path[INBOX_PATH_SIZE];
    SCOPED(buf_free) struct buf text = {0};
    struct manifest *manifest = &delivery->manifest;
    struct batch_receipt *receipt = &delivery->receipt;
    inbox_path(delivery->import->root, &delivery->batch, "manifest", path);
    int rc = file_read(path, MANIFEST_BYTES_MAX, &text, err);
    if (rc == 0)
        rc = manifest_read(buf_view(&text), manifest, err);
    if (rc < 0)
        return rc;
    *receipt = (struct batch_receipt){.manifest = digest_of(buf_view(&text)),
                                      .files = manifest->count,
                                      .sheets = manifest->sheets};
    memcpy(receipt->uuid, manifest->uuid, sizeof receipt->uuid);
    memcpy(receipt->tenant, manifest->tenant, sizeof receipt->tenant);
    memcpy(receipt->received, manifest->received, sizeof receipt->received);
    return 0;
}

static int read_refusals(struct delivery *delivery, struct err *err)
{
    char path[INBOX_PATH_SIZE];
    inbox_path(delivery->import->root, &delivery->batch, INBOX_REFUSALS, path);
    return inbox_refusals_read(path, delivery->manifest.count, &delivery->refusals, err);
}

/* A batch in trouble is tried again and again, and said once. */
static void say_trouble(struct import *import, const struct inbox_queued *queued,
                        const struct err *err)
{
    for (int i = 0; i < import->trouble_count; i++)
        if (strcmp(import->in_trouble[i], queued->uuid) == 0)
            return;
    log_error("tenant=%s batch=%.8s… of a partner is not taken: %s; it is tried again",
              queued->tenant, queued->uuid, err->text);
    import->trouble_count %= SAID_MAX;
    memcpy(import->in_trouble[import->trouble_count++], queued->uuid, sizeof queued->uuid);
}

static void take_signals(struct import *import, int wait_ms)
{
    struct pollfd signals = {.fd = import->program.signals, .events = POLLIN};
    poll(&signals, 1, wait_ms);
    for (int number; (number = program_take_signal(&import->program)) != 0;)
        import->stopping |= number == SIGTERM || number == SIGINT;
}

/* ---- turns ---- */

static int begin(struct import *import, const struct inbox_queued *queued,
                 struct delivery **ret_delivery, struct err *err)
{
    SCOPED(delivery_free) struct delivery *delivery = calloc(1, sizeof *delivery);
    if (!delivery)
        return err_set(err, ERR_MEMORY, "no memory for a batch");
    delivery->import = import;
    delivery->queued = *queued;
    delivery->batch = (struct inbox_batch){delivery->queued.tenant, delivery->queued.uuid};
    int rc = read_manifest(delivery, err);
    if (rc == 0)
        rc = read_refusals(delivery, err);
    if (rc == 0)
        rc = cutter_new(import->cutter, &delivery->cutter, err);
    if (rc < 0)
        return rc;
    *ret_delivery = delivery;
    delivery = NULL;
    return 0;
}

/* Until all are through: 0; or the turn is over: 1, and the hub has what was sent. */
static int take_files(struct delivery *delivery, struct err *err)
{
    const int64_t until_ms = clock_mono_ms() + TURN_MS;
    int rc = 0;
    while (rc == 0 && delivery->taken < delivery->manifest.count && clock_mono_ms() < until_ms) {
        rc = take_file(delivery, ++delivery->taken, err);
        take_signals(delivery->import, 0);
        if (rc == 0 && delivery->import->stopping)
            rc = err_set(err, ERR_CANCELLED, "stopped");
    }
    if (rc < 0 || delivery->taken == delivery->manifest.count)
        return rc;
    if (delivery->capture)
        rc = capture_flush(delivery->capture, err);
    capture_free(&delivery->capture);
    cutter_end(delivery->cutter);
    return rc < 0 ? rc : 1;
}

/* 0 the batch has its receipt and is cleared, 1 its turn is over. */
static int go_on(struct delivery *delivery, struct err *err)
{
    const char *root = delivery->import->root;
    int rc = 0;
    if (!inbox_has_receipt(root, &delivery->batch)) {
        rc = delivery->files ? 0 : open_files(delivery, err);
        if (rc == 0)
            rc = take_files(delivery, err);
        if (rc == 0)
            rc = end_batch(delivery, err);
        if (rc == 0)
            rc = write_receipt(delivery, err);
    }
    return rc == 0 ? inbox_clear(root, &delivery->batch, err) : rc;
}

/* A tenant's batch that was begun goes before its others. One in trouble begins again. */
static int take_turn(struct import *import, struct inbox_queued *queued, struct err *err)
{
    struct delivery **begun = &import->begun[atoi(queued->tenant)];
    int rc = *begun ? 0 : begin(import, queued, begun, err);
    if (rc == 0) {
        *queued = (*begun)->queued;
        rc = go_on(*begun, err);
    }
    if (rc <= 0)
        delivery_free(begun);
    return rc;
}

static int serve(struct import *import, struct err *err)
{
    while (!import->stopping) {
        struct inbox_queued queued;
        int found = inbox_next(import->root, &import->pass, &queued, err);
        if (found < 0)
            return found;
        int rc = found ? take_turn(import, &queued, err) : 0;
        if (rc == ERR_CANCELLED)
            return 0;
        if (rc < 0) {
            say_trouble(import, &queued, err);
            inbox_pass_over(&import->pass, &queued);
        }
        take_signals(import, found && rc >= 0 ? 0 : LOOK_MS);
    }
    return 0;
}

static int start(struct import *import, struct err *err)
{
    char secret[PLACE_SIZE + 32];
    const struct place *place = &import->program.place;
    snprintf(import->root, sizeof import->root, "%s/partners", place->data);
    snprintf(import->cutter, sizeof import->cutter, "%s/tripli-cutter", place->bin);
    snprintf(secret, sizeof secret, "%s/partners.key", place->keys);
    import->pass.first = import->program.tuning.coding.first;
    int rc = program_signals(&import->program, err);
    if (rc == 0)
        rc = file_make_folders(place->keys, 0700, err);
    if (rc == 0)
        rc = inbox_hub_key(import->root, secret, &import->key, err);
    return rc;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    (void)arg;
    if (key != ARGP_KEY_INIT)
        return ARGP_ERR_UNKNOWN;
    state->child_inputs[0] = &((struct import *)state->input)->program;
    return 0;
}

int main(int argc, char **argv)
{
    static const struct argp_child children[] = {{&program_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {
        NULL, parse, NULL, "Feeds what partner funds have sent to the hub.", children, NULL, NULL};
    static struct import import = {.program = {.name = "tripli-import"}};
    struct err err = {0};
    argp_parse(&argp, argc, argv, 0, NULL, &import);
    program_keep_memory();
    int rc = program_start(&import.program, &err);
    if (rc == 0)
        rc = caller_find(&import.program.place, &import.program.caller, &err);
    if (rc == 0)
        rc = start(&import, &err);
    if (rc == 0)
        rc = serve(&import, &err);
    sodium_memzero(&import.key, sizeof import.key);
    return rc < 0 ? program_fail(&import.program, &err) : EX_OK;
}
