/*
 * Keys. KEYDIR holds one tenant key per tenant and compartment (0400, backed up apart) and the
 * platform's signing key. DATA/keys holds, wrapped by the tenant keys, one key per box, one per
 * intake day and tenant, and one search key per compartment: so rotating a tenant key re-wraps
 * slots and touches no box and no index. The right to read a key file is the right to what it
 * opens. Intake keys are wrapped by the medical key: what a page is, is not known there yet.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "archive/ids.h"
#include "base/day.h"
#include "base/seal.h"

struct keys;

struct keys_params {
    const char *data_dir, *key_dir;
    bool writer; /* makes what is missing at first use */
};

/* ERR_CONFIG when KEYDIR lies inside DATA. A writer makes the platform key and DATA/platform.pub.
 */
int keys_open(const struct keys_params *params, struct keys **ret_keys, struct err *err);
void keys_free(struct keys **keys);

/* A compartment of a tenant. */
struct key_owner {
    const char *tenant;
    enum compartment compartment;
};

/* Whether the tenant key can be read: 0, or ERR_DENIED naming the file (also when it is missing),
 * ERR_INTEGRITY when it is no key. A writer makes a missing one, unless slots that it wraps exist
 * already: then it must be restored. */
int keys_check(struct keys *keys, const struct key_owner *owner, struct err *err);

/* Whether keys of the compartment are there that its tenant key wraps. */
bool keys_wraps(const struct keys *keys, const struct key_owner *owner);

/* Key of the hashes by which insured numbers are found. Borrowed. ERR_NOT_FOUND to a reader when
 * nothing of the compartment was ever filed. */
int keys_search(struct keys *keys, const struct key_owner *owner, const struct seal_key **ret_key,
                struct err *err);

/* Makes the key of a box (a new one if the number has one already: a box that was begun and never
 * entered in the catalogue). Durable. */
int keys_make_box(struct keys *keys, const struct key_owner *owner, uint32_t box, struct err *err);
/* The caller owns the key. ERR_NOT_FOUND when it was destroyed. */
int keys_open_box(struct keys *keys, const struct key_owner *owner, uint32_t box,
                  struct seal_key **ret_key, struct err *err);
/* Destroys it: zeroed in place. */
int keys_zero_box(struct keys *keys, const struct key_owner *owner, uint32_t box, struct err *err);

/* Destroys the keys of boxes with a higher number than `last`: they were never entered. */
int keys_zero_boxes_after(struct keys *keys, const struct key_owner *owner, uint32_t last,
                          struct err *err);

/* The key of an intake day for a tenant; a writer makes it when it is missing. */
int keys_open_intake(struct keys *keys, struct day day, const char *tenant,
                     struct seal_key **ret_key, struct err *err);
/* Destroys every key of the day. */
int keys_zero_intake(struct keys *keys, struct day day, struct err *err);
/* Calls `each` for every day that has a key. */
int keys_walk_intake(struct keys *keys, int (*each)(void *to, struct day day), void *to,
                     struct err *err);

enum { SIGNATURE_BYTES = 64 };

/* Signs with the platform key (ed25519). Writer only: ERR_DENIED otherwise. */
int keys_sign(struct keys *keys, struct bytes message, uint8_t ret_signature[SIGNATURE_BYTES],
              struct err *err);
