/*
 * The manifest of a batch that a partner submits: JSON lines. The first says whose and of which day
 * it is, each further line is one file, in the order in which the files are sent. It names no file:
 * names may tell of people. docs/partners.md describes it for partners.
 *   {"tripli_manifest":1,"uuid":…,"tenant":"041","received":"2026-11-22","files":2,"sheets":3,
 *    "kind":"cheque"}                                             the kind may be left out
 *   {"envelope":1,"bytes":52110,"digest":…}
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stdint.h>

#include "base/bytes.h"
#include "base/day.h"
#include "base/digest.h"
#include "base/err.h"
#include "wire/mail_kind.h"

enum {
    MANIFEST_FILES_MAX = 20000,           /* a day of a fund; more are more batches */
    MANIFEST_BYTES_MAX = 4 * 1024 * 1024, /* 20 000 lines of 130 bytes and room */
    MANIFEST_UUID_SIZE = 33,              /* 32 lower-case hex digits */
    MANIFEST_TENANT_SIZE = 4              /* three digits */
};

struct manifest_file {
    uint32_t envelope; /* from 1; the same as that of the file before, or one more */
    uint32_t bytes;    /* 1 to SPOOL_FILE_BYTES */
    struct digest digest;
};

struct manifest {
    char uuid[MANIFEST_UUID_SIZE];
    char tenant[MANIFEST_TENANT_SIZE];
    char received[DAY_TEXT_SIZE];
    char kind[MAIL_KIND_SIZE]; /* what all of it is, or "": not declared */
    uint32_t sheets;           /* counted by hand, 0: not counted */
    uint32_t count;
    struct manifest_file *files;
};

bool manifest_uuid_is_valid(const char *uuid);
bool manifest_tenant_is_valid(const char *tenant);

/* Reads a whole manifest; ERR_FORMAT names the line and the field, ERR_LIMIT the limit. Free with
 * manifest_clear, also after an error. */
int manifest_read(struct bytes text, struct manifest *ret_manifest, struct err *err);
void manifest_clear(struct manifest *manifest);

/* Appends the text; the same manifest gives the same bytes. */
int manifest_write(const struct manifest *manifest, struct buf *ret_text, struct err *err);
