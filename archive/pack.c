/*
 * Rows and keys as bytes: see pack.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "archive/pack.h"

#include <assert.h>
#include <string.h>

void pack_raw(struct packer *packer, struct bytes value)
{
    if (packer->failed || buf_append(&packer->buf, value) < 0)
        packer->failed = true;
}

static void pack_number(struct packer *packer, uint64_t value, size_t size)
{
    uint8_t at[8];
    for (size_t i = 0; i < size; i++)
        at[i] = (uint8_t)(value >> (8 * (size - 1 - i)));
    pack_raw(packer, bytes_of(at, size));
}

void pack_u8(struct packer *packer, uint8_t value)
{
    pack_number(packer, value, 1);
}

void pack_u32(struct packer *packer, uint32_t value)
{
    pack_number(packer, value, 4);
}

void pack_u64(struct packer *packer, uint64_t value)
{
    pack_number(packer, value, 8);
}

void pack_real(struct packer *packer, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    pack_u64(packer, bits);
}

void pack_day(struct packer *packer, struct day day)
{
    pack_u32(packer, (uint32_t)(day.year * 10000 + day.month * 100 + day.day));
}

void pack_digest(struct packer *packer, const struct digest *digest)
{
    pack_raw(packer, bytes_of(digest->at, sizeof digest->at));
}

void pack_bytes(struct packer *packer, struct bytes value)
{
    if (value.len > UINT32_MAX) {
        packer->failed = true;
        return;
    }
    pack_u32(packer, (uint32_t)value.len);
    pack_raw(packer, value);
}

void pack_text(struct packer *packer, const char *text)
{
    pack_bytes(packer, bytes_of(text, strlen(text)));
}

void packer_free(struct packer *packer)
{
    buf_free(&packer->buf);
}

void unpack_raw(struct unpacker *unpacker, void *ret_at, size_t len)
{
    memset(ret_at, 0, len);
    if (unpacker->bad || unpacker->left.len < len) {
        unpacker->bad = true;
        return;
    }
    memcpy(ret_at, unpacker->left.at, len);
    unpacker->left.at += len;
    unpacker->left.len -= len;
}

static uint64_t unpack_number(struct unpacker *unpacker, size_t size)
{
    uint8_t at[8];
    unpack_raw(unpacker, at, size);
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++)
        value = value << 8 | at[i];
    return value;
}

uint8_t unpack_u8(struct unpacker *unpacker)
{
    return (uint8_t)unpack_number(unpacker, 1);
}

bool unpack_bool(struct unpacker *unpacker)
{
    uint8_t value = unpack_u8(unpacker);
    unpacker->bad = unpacker->bad || value > 1;
    return value == 1;
}

uint32_t unpack_u32(struct unpacker *unpacker)
{
    return (uint32_t)unpack_number(unpacker, 4);
}

uint64_t unpack_u64(struct unpacker *unpacker)
{
    return unpack_number(unpacker, 8);
}

double unpack_real(struct unpacker *unpacker)
{
    uint64_t bits = unpack_u64(unpacker);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

struct day unpack_day(struct unpacker *unpacker)
{
    uint32_t number = unpack_u32(unpacker);
    struct day day = {0};
    if (number == 0)
        return day;
    day = (struct day){(int16_t)(number / 10000 % 10000), (int8_t)(number / 100 % 100),
                       (int8_t)(number % 100)};
    if (number > 99999999 || !day_is_valid(day)) {
        unpacker->bad = true;
        return (struct day){0};
    }
    return day;
}

struct digest unpack_digest(struct unpacker *unpacker)
{
    struct digest digest;
    unpack_raw(unpacker, digest.at, sizeof digest.at);
    return digest;
}

struct bytes unpack_bytes(struct unpacker *unpacker)
{
    uint32_t len = unpack_u32(unpacker);
    if (unpacker->bad || unpacker->left.len < len) {
        unpacker->bad = true;
        return (struct bytes){0};
    }
    struct bytes value = {unpacker->left.at, len};
    unpacker->left.at += len;
    unpacker->left.len -= len;
    return value;
}

void unpack_text(struct unpacker *unpacker, char *ret_text, size_t size)
{
    struct bytes text = unpack_bytes(unpacker);
    if (text.len >= size || (text.len && memchr(text.at, 0, text.len))) {
        unpacker->bad = true;
        text.len = 0;
    }
    if (text.len)
        memcpy(ret_text, text.at, text.len);
    ret_text[text.len] = '\0';
}

struct db_key *key_raw(struct db_key *key, const void *at, size_t len)
{
    assert(key->len + len <= sizeof key->at);
    memcpy(key->at + key->len, at, len);
    key->len += len;
    return key;
}

static struct db_key *key_number(struct db_key *key, uint64_t value, size_t size)
{
    uint8_t at[8];
    for (size_t i = 0; i < size; i++)
        at[i] = (uint8_t)(value >> (8 * (size - 1 - i)));
    return key_raw(key, at, size);
}

struct db_key *key_u8(struct db_key *key, uint8_t value)
{
    return key_number(key, value, 1);
}

struct db_key *key_u32(struct db_key *key, uint32_t value)
{
    return key_number(key, value, 4);
}

struct db_key *key_u64(struct db_key *key, uint64_t value)
{
    return key_number(key, value, 8);
}

struct db_key *key_text(struct db_key *key, const char *text)
{
    return key_raw(key, text, strlen(text));
}

struct db_key key_of_page(struct page_id id)
{
    struct db_key key = {.len = 0};
    key_u32(key_u32(&key, id.batch), id.page);
    return key;
}

struct db_key key_of_number(uint32_t number)
{
    struct db_key key = {.len = 0};
    key_u32(&key, number);
    return key;
}

struct page_id page_of_key(struct bytes key)
{
    struct unpacker from = {.left = key};
    struct page_id id;
    id.batch = unpack_u32(&from);
    id.page = unpack_u32(&from);
    return from.bad || from.left.len ? (struct page_id){0} : id;
}
