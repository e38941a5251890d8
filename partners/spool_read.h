/*
 * Reading a whole spool, for the hub's side, which has the key: see spool.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "partners/spool.h"

struct spool_reader;

/* Opens the spool of the manifest's files. ERR_NOT_FOUND; ERR_UNAVAILABLE when it is of another
 * version. `key` is copied, and wiped with the reader; the manifest is borrowed. */
int spool_reader_open(const char *path, const struct spool_secret *key,
                      const struct manifest *manifest, struct spool_reader **ret_reader,
                      struct err *err);
/* NULL-safe, nulls. */
void spool_reader_free(struct spool_reader **reader);

/* Appends the plain file, from 1 to the manifest's count, to `ret_plain`; going on with a later one
 * is cheaper than going back. ERR_INTEGRITY when a record is damaged, was sealed for another key,
 * or the file has another digest than the manifest states; then `ret_plain` is as it was. */
int spool_reader_file(struct spool_reader *reader, uint32_t file, struct buf *ret_plain,
                      struct err *err);
