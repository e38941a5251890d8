/*
 * The receipt of a batch that a partner submitted: what came, what was refused and why, signed with
 * the platform's key. The file: a line {"statement": TEXT, "signature": HEX}, then a line for each
 * refused file. The signature (ed25519) is over TEXT byte for byte; TEXT holds the digests of the
 * manifest and of all that follows the first line, so nothing of it can be changed. Checking needs
 * the file and the platform's public key, nothing else.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <jansson.h>

#include "archive/archive.h"
#include "archive/day_seal.h"

enum { BATCH_RECEIPT_BYTES_MAX = 8 << 20 }; /* 20 000 refusals of 300 bytes */

struct batch_receipt {
    char uuid[2 * BATCH_UUID_BYTES + 1]; /* as the partner chose it */
    char tenant[TENANT_TEXT_SIZE];
    char received[DAY_TEXT_SIZE];
    struct digest manifest;  /* of the manifest, whose lines have the files' digests */
    struct digest refusals;  /* of all that follows the receipt's first line */
    uint32_t files, refused; /* files submitted, and those of them that were not taken */
    uint32_t sheets;         /* counted by hand by the partner, 0: not counted */
    uint32_t number;         /* of the batch in the archive; 0 when every file was refused */
    uint32_t pages;          /* accepted, durable */
    char at[CLOCK_TEXT_SIZE];
};

/* Signs, after comparing tenant, date of receipt and pages with the batch of that number
 * (ERR_CONFLICT when they differ or it has not ended), and after the tenant's journal has it, with
 * the reasons: an object, code of the error (err_name) → how many of the refused files; together
 * all of them (ERR_PROTOCOL). The same receipt again is one record. Sets `at`. Writer only. */
int batch_receipt_sign(struct archive *archive, struct batch_receipt *receipt,
                       const json_t *reasons, struct signed_statement *ret_signed, struct err *err);

/* The fields as a new object, and back; ERR_FORMAT names the field that is missing or not valid. */
json_t *batch_receipt_to_json(const struct batch_receipt *receipt);
int batch_receipt_from_json(const json_t *json, struct batch_receipt *ret_receipt, struct err *err);

/* Appends the receipt's file to `ret_file`; `refusals` are whole lines, and have the digest that
 * was signed. */
int batch_receipt_write(const struct signed_statement *by, struct bytes refusals,
                        struct buf *ret_file, struct err *err);

/* ERR_FORMAT: it is no receipt of a batch; ERR_INTEGRITY: the key did not sign it, or something was
 * changed. */
int batch_receipt_check(struct bytes file, const struct digest *public_key,
                        struct batch_receipt *ret_receipt, struct err *err);
