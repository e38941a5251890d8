/*
 * Day seals: what the platform signs over every tenant's journal. A seal takes in all records since
 * the one before it, as leaves of a Merkle tree in the order of tenant and number; the statement
 * that is signed (ed25519, platform key) holds number, time, root, the digest of the statement
 * before it, the digest of every chain's head and where the access journal ended. Kept as files,
 * DATA/seals/NNNNNN.json, each with an RFC 3161 request NNNNNN.tsq over the file's bytes; the
 * catalogue knows how many count.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <jansson.h>

#include "archive/access.h"
#include "archive/keys.h"
#include "archive/store.h"
#include "base/clock.h"
#include "base/merkle.h"

enum { SEAL_HEADS_MAX = 256, STATEMENT_SIZE = 512, SEAL_SIGNATURE_BYTES = 64 };

/* How far a tenant's chain is sealed. */
struct seal_head {
    char tenant[TENANT_TEXT_SIZE];
    uint64_t seq;
    struct digest hash;
};

/* A statement and who signed it; what a receipt carries. */
struct signed_statement {
    char text[STATEMENT_SIZE]; /* JSON, signed byte for byte */
    uint8_t signature[SEAL_SIGNATURE_BYTES];
};

struct statement {
    uint32_t number; /* from 1, without gaps */
    char at[CLOCK_TEXT_SIZE];
    struct digest before, root, heads;
    uint64_t leaves;
    struct access_head access; /* where the access journal ended; 0 not said */
};

/* ERR_INTEGRITY when the key did not sign these bytes, or they are no statement. */
int statement_check(const struct signed_statement *sealed, const struct digest *public_key,
                    struct statement *ret_statement, struct err *err);
/* {"statement": text, "signature": hex}; NULL without memory. */
json_t *statement_to_json(const struct signed_statement *sealed);
/* Signs the text of `json` with the platform's key; `json` is taken, NULL: ERR_MEMORY. Writer only.
 */
int statement_sign(struct keys *keys, json_t *json, struct signed_statement *ret_signed,
                   struct err *err);
/* 0, or ERR_INTEGRITY: the key did not sign it. */
int statement_is_by(const struct signed_statement *by, const struct digest *public_key,
                    struct err *err);
/* The signed statement in the first line of a file, checked; `ret_rest` is what follows the line.
 * ERR_FORMAT: there is none. */
int statement_take(struct bytes file, const struct digest *public_key,
                   struct signed_statement *ret_signed, struct bytes *ret_rest, struct err *err);
/* ERR_FORMAT when it is none. */
int statement_from_json(const json_t *json, struct signed_statement *ret_sealed, struct err *err);

struct day_seal {
    struct signed_statement sealed;
    struct statement statement;
    int head_count;
    struct seal_head heads[SEAL_HEADS_MAX]; /* rising by tenant */
};

/* Seals all records that no seal takes in yet; returns how many seals were made, 0 when there is
 * nothing to seal. Writer only. Durable. */
int day_seal_make(struct archive *archive, struct err *err);

/* The same, when the last seal was made on an earlier day (UTC). Cheap when it was not. */
int day_seal_due(struct archive *archive, struct err *err);

/* How many seals count. */
int day_seal_count(struct archive *archive, uint32_t *ret_count, struct err *err);

/* Reads seal `number` and checks its signature and heads: ERR_NOT_FOUND, ERR_FORMAT,
 * ERR_INTEGRITY. */
int day_seal_load(const struct archive *archive, uint32_t number, const struct digest *public_key,
                  struct day_seal *ret_seal, struct err *err);

/* The public key that DATA/platform.pub, or another file of that form, holds. */
int day_seal_public_key(const char *path, struct digest *ret_key, struct err *err);
int day_seal_own_key(const struct archive *archive, struct digest *ret_key, struct err *err);

/* Up to which record the seal takes in the tenant's chain; 0 none. */
uint64_t day_seal_reach(const struct day_seal *seal, const char *tenant);

struct digest day_seal_leaf(const char *tenant, uint64_t seq, const struct digest *hash);

/* The tree of a seal, made again from the journal; `before` may be a seal with number 0. */
int day_seal_tree(struct store_txn *txn, const struct day_seal *before, const struct day_seal *seal,
                  struct merkle **ret_tree, struct err *err);
