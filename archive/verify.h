/*
 * The inside of verify_archive, for its own files.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "archive/find.h"
#include "archive/state.h"

struct verifying {
    struct archive *archive;
    void (*say)(void *to, const char *line);
    void *to;
    struct verify_report report;
};

/* One discrepancy: said, and counted. */
void discrepancy(struct verifying *verifying, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Whether something is wrapped by a tenant key that is not there or cannot be read; `err` says. */
bool key_is_missing(const struct verifying *verifying, const struct key_owner *owner,
                    struct err *err);
/* One missing key: said, and counted apart from discrepancies. */
void tell_missing_key(struct verifying *verifying, const char *why);

/* Each returns an error only when it cannot go on at all. */
int verify_keys(struct verifying *verifying, struct err *err);
int verify_journals(struct verifying *verifying, struct err *err);
/* Boxes are read in a process apart: LMDB trusts its files, and a damaged one may end the process
 * that reads it. That is a discrepancy like the others. */
int verify_boxes(struct verifying *verifying, struct err *err);
/* From a box on, in this process; `before` hears each number. */
int verify_boxes_from(struct verifying *verifying, uint32_t first,
                      void (*before)(void *to, uint32_t number), void *to, struct err *err);
int verify_seals(struct verifying *verifying, struct err *err);
/* Of those who looked, after the seals. */
int verify_access(struct verifying *verifying, struct err *err);
int verify_documents(struct verifying *verifying, struct err *err);
int verify_folders(struct verifying *verifying, struct err *err);
int verify_papers(struct verifying *verifying, struct err *err);
int verify_intake(struct verifying *verifying, struct err *err);
