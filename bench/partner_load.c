/*
 * One partner fund as bench/partners wants it: makes a batch of the files given, waits for a line
 * on stdin, submits it as tripli submit does, and prints when it was durable in the gateway's inbox
 * and when its receipt was there. Times are of CLOCK_MONOTONIC, in ms, so that processes compare.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <argp.h>
#include <malloc.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include "base/file.h"
#include "base/log.h"
#include "base/scope.h"
#include "base/seal.h"
#include "partners/client.h"
#include "partners/spool.h"

enum {
    FILES_MAX = 4096,
    KEPT_BYTES = 128 << 20,
    ENVELOPE_FILES = 2,  /* a sheet with its back */
    PATIENCE_MS = 120000 /* a gateway that says nothing for so long has failed the run */
};

struct load {
    const char *gateway, *gateway_key, *key_file, *tenant;
    long times;   /* batches one after the other, each under an id of its own */
    long repeats; /* of the files in each batch */
    bool queued;  /* do not wait for receipts */
    char *paths[FILES_MAX];
    int path_count;

    struct buf files[FILES_MAX];
    struct manifest_file *rows;
    uint64_t bytes; /* of one batch */
    double durable_ms;
};

static double now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* ---- the batch ---- */

static int read_files(struct load *load, struct err *err)
{
    long count = load->path_count * load->repeats;
    if (count > MANIFEST_FILES_MAX)
        return err_set(err, ERR_LIMIT, "%ld files in a batch, at most %d", count,
                       MANIFEST_FILES_MAX);
    load->rows = calloc((size_t)count, sizeof *load->rows);
    if (!load->rows)
        return err_set(err, ERR_MEMORY, "no memory for %ld files", count);
    for (int i = 0; i < load->path_count; i++) {
        int rc = file_read(load->paths[i], SPOOL_FILE_BYTES, &load->files[i], err);
        if (rc < 0)
            return rc;
    }
    for (long i = 0; i < count; i++) {
        const struct buf *file = &load->files[i % load->path_count];
        load->rows[i].envelope = (uint32_t)(i / ENVELOPE_FILES) + 1;
        load->rows[i].bytes = (uint32_t)file->len;
        load->rows[i].digest = i < load->path_count ? digest_of(buf_view(file))
                                                    : load->rows[i - load->path_count].digest;
        load->bytes += file->len;
    }
    return 0;
}

static int make_manifest(struct load *load, struct manifest *ret_manifest, struct buf *ret_text,
                         struct err *err)
{
    uint8_t id[(MANIFEST_UUID_SIZE - 1) / 2];
    *ret_manifest = (struct manifest){.received = "2026-11-20",
                                      .count = (uint32_t)(load->path_count * load->repeats),
                                      .files = load->rows};
    randombytes_buf(id, sizeof id);
    sodium_bin2hex(ret_manifest->uuid, sizeof ret_manifest->uuid, id, sizeof id);
    snprintf(ret_manifest->tenant, sizeof ret_manifest->tenant, "%s", load->tenant);
    return manifest_write(ret_manifest, ret_text, err);
}

static int read_span(void *context, const struct client_span *span, struct buf *ret_bytes,
                     struct err *err)
{
    const struct load *load = context;
    const struct buf *file = &load->files[(span->file - 1) % (uint32_t)load->path_count];
    return buf_append(ret_bytes, bytes_of(file->at + span->at, span->len)) < 0
               ? err_set(err, ERR_MEMORY, "chunk: no memory")
               : 0;
}

/* All is durable over there when the client says that it waits in the queue. */
static int progress(void *context, uint64_t sent, const char *why)
{
    struct load *load = context;
    if (load->durable_ms == 0 && (sent == load->bytes || (why && strcmp(why, "queued") == 0)))
        load->durable_ms = now_ms();
    return load->durable_ms != 0 && load->queued;
}

/* ---- submitting ---- */

static int submit_once(struct load *load, struct client *client, struct err *err)
{
    struct manifest manifest;
    SCOPED(buf_free) struct buf text = {0};
    SCOPED(buf_free) struct buf receipt = {0};
    int rc = make_manifest(load, &manifest, &text, err);
    if (rc < 0)
        return rc;
    const struct client_batch batch = {.manifest = &manifest,
                                       .text = buf_view(&text),
                                       .context = load,
                                       .read = read_span,
                                       .progress = progress};
    double begun_ms = now_ms();
    load->durable_ms = 0;
    rc = client_submit(client, &batch, &receipt, err);
    if (rc == ERR_CANCELLED && load->durable_ms != 0)
        rc = 0;
    if (rc == 0)
        printf("{\"begun\":%.3f,\"durable\":%.3f,\"receipt\":%.3f,\"bytes\":%llu,\"files\":%u}\n",
               begun_ms, load->durable_ms, receipt.len ? now_ms() : 0.0,
               (unsigned long long)load->bytes, manifest.count);
    fflush(stdout);
    return rc;
}

static int submit_all(struct load *load, struct err *err)
{
    SCOPED(client_free) struct client *client = NULL;
    struct curve_keys keys;
    const struct client_params params = {.endpoint = load->gateway,
                                         .keys = &keys,
                                         .gateway_key = load->gateway_key,
                                         .patience_ms = PATIENCE_MS};
    char line[8];
    int rc = curve_load(load->key_file, &keys, err);
    if (rc == 0)
        rc = client_open(&params, &client, err);
    if (rc < 0)
        return rc;
    printf("ready\n");
    fflush(stdout);
    if (!fgets(line, sizeof line, stdin))
        return err_set(err, ERR_CANCELLED, "nobody said when to begin");
    for (long i = 0; rc == 0 && i < load->times; i++)
        rc = submit_once(load, client, err);
    return rc;
}

static void clear(struct load *load)
{
    for (int i = 0; i < load->path_count; i++)
        buf_free(&load->files[i]);
    free(load->rows);
}

/* ---- options ---- */

static long count_of(const char *arg, struct argp_state *state)
{
    char *end;
    long count = strtol(arg, &end, 10);
    if (*end || count < 1 || count > MANIFEST_FILES_MAX)
        argp_error(state, "%s: must be 1 to %d", arg, MANIFEST_FILES_MAX);
    return count;
}

static void check(const struct load *load, struct argp_state *state)
{
    if (!load->gateway || !load->gateway_key || !load->key_file || !load->tenant)
        argp_error(state, "--gateway, --gateway-key, --key and --tenant are wanted");
    if (load->path_count == 0)
        argp_error(state, "which files?");
    if (!manifest_tenant_is_valid(load->tenant))
        argp_error(state, "--tenant: three digits are wanted");
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct load *load = state->input;
    switch (key) {
    case 'g':
        load->gateway = arg;
        return 0;
    case 'P':
        load->gateway_key = arg;
        return 0;
    case 'K':
        load->key_file = arg;
        return 0;
    case 't':
        load->tenant = arg;
        return 0;
    case 'n':
        load->times = count_of(arg, state);
        return 0;
    case 'r':
        load->repeats = count_of(arg, state);
        return 0;
    case 'q':
        load->queued = true;
        return 0;
    case ARGP_KEY_ARG:
        if (load->path_count == FILES_MAX)
            argp_error(state, "at most %d files", FILES_MAX);
        load->paths[load->path_count++] = arg;
        return 0;
    case ARGP_KEY_END:
        check(load, state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static int start(struct err *err)
{
    mallopt(M_MMAP_THRESHOLD, KEPT_BYTES); /* as program_keep_memory does for tripli submit */
    mallopt(M_TRIM_THRESHOLD, KEPT_BYTES);
    return seal_start(err);
}

int main(int argc, char **argv)
{
    static const struct argp_option known[] = {
        {"gateway", 'g', "ENDPOINT", 0, "tcp://HOST:PORT", 0},
        {"gateway-key", 'P', "KEY", 0, "its public key", 0},
        {"key", 'K', "FILE", 0, "own key pair", 0},
        {"tenant", 't', "CODE", 0, "three digits", 0},
        {"times", 'n', "N", 0, "batches, one after the other (1)", 0},
        {"repeats", 'r', "N", 0, "of the files in each batch (1)", 0},
        {"queued", 'q', NULL, 0, "do not wait for receipts", 0},
        {0}};
    static const char about[] = "Submits the files again and again, and prints the times.";
    static const struct argp argp = {known, parse, "FILE...", about, NULL, NULL, NULL};
    static struct load load = {.times = 1, .repeats = 1};
    struct err err = {0};
    log_start("partner-load");
    argp_parse(&argp, argc, argv, 0, NULL, &load);
    int rc = start(&err);
    rc = rc < 0 ? rc : read_files(&load, &err);
    rc = rc < 0 ? rc : submit_all(&load, &err);
    clear(&load);
    if (rc < 0)
        fprintf(stderr, "partner-load: %s\n", err.text);
    return rc < 0 ? err_exit_status(rc) : EX_OK;
}
