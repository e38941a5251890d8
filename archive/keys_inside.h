/*
 * The inside of the keys, for their own files.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <limits.h>

#include "archive/keys.h"
#include "archive/keyslots.h"
#include "archive/pack.h"
#include "archive/tenants.h"

enum { KEY_FILE_BYTES = 64, KEY_OWNERS_MAX = 2 * TENANTS_MAX };

/* The keys of one compartment of one tenant, once they were needed. */
struct owner_keys {
    char tenant[TENANT_TEXT_SIZE];
    enum compartment compartment;
    uint32_t generation;
    struct seal_key *wrap, *search;
};

struct keys {
    char data_dir[PATH_MAX / 2], key_dir[PATH_MAX / 2];
    bool writer;
    uint8_t *platform; /* ed25519 secret key in locked memory; NULL to a reader */
    bool half_turned;  /* a change failed on its way: the next opening must finish it first */
    int count;
    struct owner_keys owners[KEY_OWNERS_MAX];
};

void keys_tenant_path(const struct keys *keys, const struct key_owner *owner, char ret[PATH_MAX]);
void keys_slots_path(const struct keys *keys, const struct key_owner *owner, char ret[PATH_MAX]);
void keys_intake_path(const struct keys *keys, char ret[PATH_MAX]);

/* What a wrapped key is bound to, so that a slot cannot be moved to another place. */
struct db_key keys_slot_label(const struct key_owner *owner, enum slot_kind kind, uint64_t id);

/* The tenant key in a file; `owner` says whose, and has room for it. ERR_NOT_FOUND, ERR_DENIED,
 * ERR_INTEGRITY. */
int keys_read_tenant(const char *path, struct owner_keys *owner, struct err *err);
void keys_encode_tenant(const struct owner_keys *owner, uint8_t ret_file[KEY_FILE_BYTES]);

/* The owner's keys, read when they are needed first. Borrowed. */
int keys_owner(struct keys *keys, const struct key_owner *wanted, struct owner_keys **ret,
               struct err *err);
