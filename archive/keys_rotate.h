/*
 * A new tenant key in the place of the old one: every living key that the old one wraps (boxes,
 * search, intake days of the tenant) is wrapped anew, then the old key and the old wrappings are
 * overwritten in place. Boxes and indexes are not touched. Cut short, it is finished or taken back
 * by the next opening for writing, before any new key is made.
 *
 * (1) KEYDIR/X.key.next, the new key; (2) DATA/keys/….keys.next, all slots wrapped anew; (3) these
 * are written over the slots in place; (4) the new key over the old one in place; (5) the slots'
 * next are zeroed and removed; (6) once the journal knows, X.key.next is. Before 3 it can be taken
 * back, from there on it can be finished: what is written over lies in a next.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "archive/keys.h"

struct rotation {
    struct key_owner owner;
    uint32_t generation; /* of the new key */
    uint32_t rewrapped;  /* keys; not known of one that was finished by a later start */
};

/* Steps 1 to 5: 1, or 0 when there is no key yet. Writer only. ERR_INTEGRITY, and the old key
 * stays, when it does not open a slot. */
int keys_rotate(struct keys *keys, const struct key_owner *owner, struct rotation *ret_rotation,
                struct err *err);
/* Step 6. */
int keys_rotate_end(const struct keys *keys, const struct key_owner *owner, struct err *err);

/* At the opening for writing: what was cut short before step 3 is taken back, what came further is
 * finished up to step 5. */
int keys_rotate_resume(struct keys *keys, struct err *err);

/* Shows those whose step 6 is not done. */
int keys_rotate_pending(struct keys *keys, int (*each)(void *to, const struct rotation *rotation),
                        void *to, struct err *err);

/* Gives the owner's key file the account, group and mode of another's, which a writer makes when
 * it is missing: 1, or 0 when the owner has no key. Without the right to do so nobody but the
 * account of the data reads it, and a warning says which group wants it. */
int keys_hand_to(struct keys *keys, const struct key_owner *owner, const struct key_owner *like,
                 struct err *err);
