/*
 * Batches that wait for more sheets.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "archive/archive.h"

/* A batch whose last sheet has not been fed. */
struct feeding_batch {
    struct batch_id id;
    struct batch_spec spec;
    int64_t fed_ms; /* wall clock, when capture last sent something of it; since the writer was
                     * opened, or of its opening where nothing was sent or another process writes */
};
enum { ARCHIVE_FEEDING_MAX = 64 }; /* scanners and partners at once; more are not listed */

/* The batches being fed, longest silent first; returns how many. */
int archive_feeding(struct archive *archive, struct feeding_batch ret_rows[ARCHIVE_FEEDING_MAX],
                    struct err *err);
