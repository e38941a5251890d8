/*
 * Parcels: one file of a hand-over, sealed for the partner's own key (libsodium's crypto_box_seal)
 * so that whoever stores and passes it on cannot read it. Each SPOOL_CHUNK_BYTES of the plain file
 * are sealed by themselves, the last piece may be shorter; the pieces follow each other without
 * anything between them. A sealed box does not tell who made it: what a file must be is said by the
 * signed manifest's digest.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "partners/spool.h"
#include "wire/curve.h"

enum { PARCEL_SEAL_BYTES = 48, PARCEL_PIECE_BYTES = SPOOL_CHUNK_BYTES + PARCEL_SEAL_BYTES };

/* Writes the plain bytes sealed for a public key of 40 characters, mode 0600, over what is there;
 * not synced. */
int parcel_write(const char *path, const char *public_key, struct bytes plain, struct err *err);

/* Where the sealed piece begins that holds plain byte `at`. ERR_PROTOCOL unless that is a multiple
 * of SPOOL_CHUNK_BYTES. */
int parcel_place(uint32_t at, uint64_t *ret_sealed_at, struct err *err);

/* Appends the plain bytes of a piece; ERR_INTEGRITY when it was not sealed for these keys. */
int parcel_open(struct bytes sealed, const struct curve_keys *keys, struct buf *ret_plain,
                struct err *err);
