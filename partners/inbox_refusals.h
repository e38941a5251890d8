/*
 * The files of a batch that were refused, kept on the disk: the hub counts a batch's pages, so a
 * batch that is begun again must leave out the same files as before, and a file may be refused by
 * the clock in one run and be cut in the next. A line is written when it is durable, before any
 * page after it is sent.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/err.h"

enum { INBOX_REFUSAL_BYTES = 400 }; /* of a line, and its line feed */

/* Reading is for all; inbox_refusals_read and _add write. */
struct inbox_refusals {
    uint32_t count;
    struct buf lines; /* as the receipt has them, in the order of the files */
    json_t *codes;    /* object: code → how many files */
    uint32_t last;    /* file, 0: none */
    uint8_t *marks;   /* 1 for each file that is refused */
    uint32_t files;
    char *path;
};

/* What is kept at `path` of a batch of so many files; nothing when the file is not there. A line
 * that was not written to its end does not count. ERR_FORMAT: not such lines. Clear it in any
 * case. */
int inbox_refusals_read(const char *path, uint32_t files, struct inbox_refusals *ret_refusals,
                        struct err *err);
void inbox_refusals_clear(struct inbox_refusals *refusals);

/* Whether the file (from 1) is refused. */
bool inbox_refusals_has(const struct inbox_refusals *refusals, uint32_t file);

/* Refuses the file, which comes after all that are, for the reason in `why`; durable with 0. After
 * an error nothing is changed. */
int inbox_refusals_add(struct inbox_refusals *refusals, uint32_t file, const struct err *why,
                       struct err *err);
