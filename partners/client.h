/*
 * The partner's side of the door: submits a batch and brings its receipt. Everything that can break
 * (connection, either process, a full disk over there) is gone on from where the gateway says that
 * it is durable.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "partners/manifest.h"
#include "partners/talk.h"

struct client;

int client_open(const struct client_params *params, struct client **ret_client, struct err *err);
void client_free(struct client **client);

/* Bytes of a file. */
struct client_span {
    uint32_t file, at, len;
};

struct client_batch {
    const struct manifest *manifest;
    struct bytes text; /* the manifest, written */
    void *context;
    /* Appends exactly these bytes; files count from 1. */
    int (*read)(void *context, const struct client_span *span, struct buf *ret_bytes,
                struct err *err);
    /* `sent` bytes of files are durable over there; `why` is NULL, or what is waited for. Another
     * value than 0 stops with ERR_CANCELLED. */
    int (*progress)(void *context, uint64_t sent, const char *why);
};

/* Submits, waits until the hub has taken it, appends the receipt. ERR_CONFLICT: the batch was
 * submitted before with other contents; ERR_DENIED: the key is not listed for this tenant;
 * ERR_TIMEOUT: no answer; ERR_CANCELLED. The same call goes on where it stopped. */
int client_submit(struct client *client, const struct client_batch *batch, struct buf *ret_receipt,
                  struct err *err);
