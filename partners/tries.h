/*
 * Tries of partners that the door refused: counted by who, what and why, and handed over to who
 * notes them in the access journal, which the gateway cannot write. However many come, two files
 * lie on the disk, each bounded, and one is handed over in a period.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "base/bytes.h"
#include "partners/manifest.h"
#include "wire/curve.h"

/* On disk, below ROOT/tries/:
 *   counting   what is being counted
 *   counted    handed over: nothing follows it before it was noted and removed
 *   damaged    the last file that did not hold, for a person
 *
 * A file is text: "tripli_tries 1 FROM TO ROWS", then that many lines "TENANT KEY KIND CODE COUNT";
 * "-" stands for what is not known, FROM and TO are milliseconds since 1970 UTC. Its digest tells
 * it from others.
 */
enum {
    TRIES_MAX = 512,           /* rows; 28 funds with two keys each make some 200 at their worst */
    TRIES_STRANGERS_MAX = 128, /* of them under no tenant: made-up keys displace no listed one */
    TRIES_WORD_SIZE = 24,
    TRIES_KEEP_MS = 1000,    /* what is counted is written so often: one sync a second */
    TRIES_PERIOD_MS = 60000, /* and handed over: so many rows a minute bound the journal */
    TRIES_FILE_BYTES = 64 << 10
};

/* Tries that are alike. */
struct tried {
    char tenant[MANIFEST_TENANT_SIZE]; /* "": the key is not listed */
    char key[CURVE_KEY_SIZE];          /* "": not known */
    char kind[TRIES_WORD_SIZE], code[TRIES_WORD_SIZE];
    uint64_t count;
};

/* Those of one period. */
struct tries {
    int64_t from_ms, to_ms; /* wall clock */
    int count;
    struct tried at[TRIES_MAX];
};

/* Adds to the row that is alike; when there is none and no room, to one of nobody, whose kind and
 * code are "any". */
void tries_add(struct tries *tries, const struct tried *tried, int64_t now_ms);

/* Appends the file's text. ERR_MEMORY. */
int tries_write(const struct tries *tries, struct buf *ret_text, struct err *err);
/* ERR_FORMAT unless tries_write would write the same. */
int tries_read(struct bytes text, struct tries *ret_tries, struct err *err);

/* ---- for the gateway ---- */

struct tries_counter {
    char root[1024];
    struct tries tries;
    bool changed;    /* since it was written */
    int64_t kept_ms; /* when that was tried last */
};

/* Goes on with what a process before this one was counting. */
int tries_open(const char *root, struct tries_counter *ret_counter, struct err *err);

void tries_count(struct tries_counter *counter, const struct tried *tried, int64_t now_ms);

/* Writes what was counted when the last time is TRIES_KEEP_MS ago, and hands it over when the
 * period is, or at once when `ends`. Cheap otherwise. */
int tries_keep(struct tries_counter *counter, int64_t now_ms, bool ends, struct err *err);

/* ---- for who notes them ---- */

bool tries_are_waiting(const char *root);

/* What was handed over, durable under its name, and the digest of the file: 1, or 0 when there is
 * nothing. A file that does not hold is set aside, the log says so, and it is 0. */
int tries_take(const char *root, struct tries *ret_tries, struct digest *ret_id, struct err *err);

/* It was noted: removed. */
int tries_taken(const char *root, struct err *err);
