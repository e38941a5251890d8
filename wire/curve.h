/*
 * CURVE keys between machines: key pairs in files of mode 0600, and the hub's list of public keys
 * that may come in. Keys are Z85 text of 40 characters (ZeroMQ RFC 32).
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

enum { CURVE_KEY_SIZE = 41, ALLOW_LIST_MAX = 256 };

struct curve_keys {
    char public_key[CURVE_KEY_SIZE];
    char secret_key[CURVE_KEY_SIZE];
};

/* A fresh pair; ERR_UNSUPPORTED when libzmq was built without CURVE. */
int curve_generate(struct curve_keys *ret_keys, struct err *err);

/* A file of two lines, "public <key>" and "secret <key>". Saving refuses to replace a file
 * (ERR_CONFLICT); loading refuses one that others can read (ERR_DENIED). */
int curve_save(const char *path, const struct curve_keys *keys, struct err *err);
int curve_load(const char *path, struct curve_keys *ret_keys, struct err *err);

/* The 32 bytes behind a key (X25519, as libsodium's sealed boxes take them); ERR_FORMAT when it is
 * none. The caller wipes those of a secret one. */
enum { CURVE_RAW_BYTES = 32 };
int curve_key_bytes(const char *key, uint8_t ret_bytes[CURVE_RAW_BYTES], struct err *err);

/* True for 40 characters of the Z85 alphabet. */
bool curve_key_is_valid(const char *key);

/* The list: one public key and a name on each line. A line that begins with '#' is a comment, so a
 * key is also taken out by a '#' before it; only a key may itself begin with one. */
struct allow_list;

int allow_list_open(const char *path, struct allow_list **ret_list, struct err *err);
void allow_list_free(struct allow_list **list);

/* Reads the file again when it has changed (checked at most once a second). A broken file keeps the
 * old list; the log says so once, and again when the file is whole. */
void allow_list_refresh(struct allow_list *list);

/* True while the file as it stands is not what is in force. */
bool allow_list_is_broken(const struct allow_list *list);

/* The name behind a Z85 public key, NULL when it is not listed. */
const char *allow_list_name(const struct allow_list *list, const char *public_key);
