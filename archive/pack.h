/*
 * Rows and keys as bytes. Whole numbers are big-endian, so that keys sort as their numbers do;
 * texts and byte strings carry their length. A row begins with its version.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "archive/ids.h"
#include "base/bytes.h"
#include "base/day.h"
#include "base/digest.h"

/* Collects a row; the first failure sticks: look at `failed` once, at the end. */
struct packer {
    struct buf buf;
    bool failed; /* no memory */
};

void pack_u8(struct packer *packer, uint8_t value);
void pack_u32(struct packer *packer, uint32_t value);
void pack_u64(struct packer *packer, uint64_t value);
void pack_real(struct packer *packer, double value);
void pack_day(struct packer *packer, struct day day);
void pack_digest(struct packer *packer, const struct digest *digest);
void pack_raw(struct packer *packer, struct bytes value);   /* without its length */
void pack_bytes(struct packer *packer, struct bytes value); /* with it */
void pack_text(struct packer *packer, const char *text);
void packer_free(struct packer *packer);

static inline struct bytes packer_view(const struct packer *packer)
{
    return buf_view(&packer->buf);
}

/* Reads a row; what is not there reads as 0 or "" and sets `bad`: look at it once, at the end. */
struct unpacker {
    struct bytes left;
    bool bad;
};

uint8_t unpack_u8(struct unpacker *unpacker);
bool unpack_bool(struct unpacker *unpacker); /* `bad` when it is neither 0 nor 1 */
uint32_t unpack_u32(struct unpacker *unpacker);
uint64_t unpack_u64(struct unpacker *unpacker);
double unpack_real(struct unpacker *unpacker);
struct day unpack_day(struct unpacker *unpacker);
struct digest unpack_digest(struct unpacker *unpacker);
void unpack_raw(struct unpacker *unpacker, void *ret_at, size_t len);
struct bytes unpack_bytes(struct unpacker *unpacker); /* borrowed from the row */
/* Copies a text of at most size - 1 bytes without NUL inside; `bad` when it is longer. */
void unpack_text(struct unpacker *unpacker, char *ret_text, size_t size);

/* A key of a database: at most DB_KEY_MAX bytes, by value. */
enum { DB_KEY_MAX = 128 };

struct db_key {
    uint8_t at[DB_KEY_MAX];
    size_t len;
};

struct db_key *key_u8(struct db_key *key, uint8_t value);
struct db_key *key_u32(struct db_key *key, uint32_t value);
struct db_key *key_u64(struct db_key *key, uint64_t value);
struct db_key *key_text(struct db_key *key, const char *text); /* as it is, no length, no NUL */
struct db_key *key_raw(struct db_key *key, const void *at, size_t len);

/* batch, page: 8 bytes. */
struct db_key key_of_page(struct page_id id);
struct db_key key_of_number(uint32_t number);
struct page_id page_of_key(struct bytes key); /* {0} when it is no such key */

static inline struct bytes key_view(const struct db_key *key)
{
    return (struct bytes){.at = key->at, .len = key->len};
}
