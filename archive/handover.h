/*
 * Hand-overs: what a partner fund fetches of what was filed for it. Each compartment of a tenant
 * has its own, numbered from 1; each takes in the records of the tenant's journal behind the one
 * before, and counts as given when the partner has acknowledged it. What is taken in are documents
 * filed, and those whose tag was corrected, as they are now: who may not open the compartment that
 * a document lies in now does not get it. The journal says what was given to which key.
 * The manifest is a line {"statement": TEXT, "signature": HEX}, then a line for each file. The
 * signature (ed25519, platform key) is over TEXT byte for byte; TEXT holds the digest of all that
 * follows the first line. Checking needs the manifest and the platform's public key.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <jansson.h>

#include "archive/archive.h"
#include "archive/day_seal.h"

enum { HANDOVER_BYTES_MAX = 64 << 20 }; /* of a manifest: 200 000 pages of 300 bytes and room */

struct handover {
    char tenant[TENANT_TEXT_SIZE];
    enum compartment compartment;
    uint32_t number;
    bool again;         /* one that was acknowledged before, once more */
    bool pdf;           /* with a searchable PDF of each document */
    uint64_t after, to; /* it takes in the journal's records after < n <= to */
    uint32_t documents, files;
    uint32_t gone;       /* documents of these records that were destroyed since */
    struct digest lines; /* of all that follows the manifest's first line */
    char at[CLOCK_TEXT_SIZE];
};

/* The one that follows the last acknowledged one: tenant and compartment are given; number, after,
 * and to (the journal's end) are set. */
int handover_next(struct archive *archive, struct handover *handover, struct err *err);

/* One acknowledged before: tenant, compartment and number are given; after, to and again are set.
 * ERR_NOT_FOUND: it was never acknowledged; ERR_LIMIT: more than `days` ago. */
int handover_past(struct archive *archive, long long days, struct handover *handover,
                  struct err *err);

/* A document that it takes in, and the record that says so. */
struct handover_row {
    struct document_id id;
    uint64_t seq;
};

/* Fills in up to `most` documents, each once, in the order of the journal; returns how many. `to`
 * is set to the last record looked at, so that the rest is the next one's. Counts `gone`. */
int handover_documents(struct archive *archive, struct handover *handover,
                       struct handover_row *ret_rows, int most, struct err *err);

/* Whether the document is there and lies in this compartment of the tenant: 1, 0. */
int handover_may_hold(struct archive *archive, const struct handover *handover,
                      struct document_id id, struct err *err);

/* Signs, after comparing number and records with the catalogue (ERR_CONFLICT when another one was
 * acknowledged meanwhile). Sets `at`. Writer only. */
int handover_sign(struct archive *archive, struct handover *handover,
                  struct signed_statement *ret_signed, struct err *err);

/* Notes that the holder of `key` has acknowledged it: journal and place, in one transaction. The
 * same again changes nothing. ERR_INTEGRITY: the platform did not sign it; ERR_CONFLICT: another
 * one of that number was acknowledged. Writer only. */
int handover_give(struct archive *archive, const struct signed_statement *by, const char *key,
                  struct err *err);

/* The fields as a new object, and back; ERR_FORMAT names the field that is missing or not valid. */
json_t *handover_to_json(const struct handover *handover);
int handover_from_json(const json_t *json, struct handover *ret_handover, struct err *err);

/* ERR_FORMAT: it is no manifest of a hand-over; ERR_INTEGRITY: the key did not sign it, or
 * something was changed. `ret_lines` is borrowed from the manifest. */
int handover_check(struct bytes manifest, const struct digest *public_key,
                   struct handover *ret_handover, struct bytes *ret_lines, struct err *err);
