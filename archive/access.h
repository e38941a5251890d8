/*
 * The access journal: who looked at the content of what, and when, and what partners were refused.
 * Apart from the tenants' journals, with a shorter period of its own. DATA/access/YYYY-MM.log holds
 * lines "hash record": a record is a JSON object with "seq", "at", "user", "verb" and ids, nothing
 * of what was seen; hash n = BLAKE2b(hash n-1 || record n), hash 0 = BLAKE2b("tripli access
 * journal"). Day seals sign how far it reaches.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "archive/archive.h"
#include "base/bytes.h"
#include "base/digest.h"

struct access_by {
    const char *user; /* the account's name */
    const char *verb; /* "show", … */
    int64_t at_ms;    /* wall clock */
};

enum access_kind {
    ACCESS_DOCUMENT, /* that was filed */
    ACCESS_PAGE,     /* in intake */
    ACCESS_SEARCH    /* by an insured number, which is not kept: batch and number are 0 */
};

struct access_to {
    enum access_kind kind;
    char tenant[TENANT_TEXT_SIZE]; /* "": not said */
    uint32_t batch, number;
};

enum { ACCESS_GROUP_MAX = 200 };

/* Notes a look at each of 1 to ACCESS_GROUP_MAX things, in one synced write. To be called before
 * anything of them is given out: when it fails nothing may be. Any process may call it, a reader's
 * too. */
int access_note(const struct archive *archive, const struct access_by *by,
                const struct access_to *things, size_t count, struct err *err);

/* Tries of partners that their door refused, alike, in one period. */
struct access_try {
    char user[64];                 /* "partner KEY" */
    char tenant[TENANT_TEXT_SIZE]; /* "": not known */
    char verb[24], code[24];       /* what was asked, and why it was refused */
    uint64_t count;
};
struct access_tries {
    const char *period; /* what tells it from others, at most 64 characters */
    int64_t from_ms, to_ms;
    const struct access_try *at;
    size_t count;
};

/* Notes those from number `noted` (0: all) on, in one synced write. */
int access_note_tries(const struct archive *archive, const struct access_tries *tries, size_t noted,
                      struct err *err);

/* How many of a period's are noted, the first ones: all, or less after a crash. Reads the journal
 * from its beginning. */
int access_tries_noted(const struct archive *archive, const char *period, struct err *err);

/* Removes the months that ended longer ago than retention.conf lets them be kept. For each a record
 * says up to where it went and by which rule, before it goes. Returns how many. Writer only. */
int access_prune(struct archive *archive, int64_t now_ms, struct err *err);

/* The same, once a day; cheap otherwise. Writer only. */
int access_due(struct archive *archive, struct err *err);

struct access_head {
    uint64_t seq; /* of the last record; 0: none yet */
    struct digest hash;
};

int access_head(const struct archive *archive, struct access_head *ret_head, struct err *err);

/* The hash that the first record follows. */
struct digest access_beginning(void);

/* A line as it is found: nothing of it was checked. */
struct access_line {
    const char *month;   /* "2026-11": of the file */
    uint64_t number;     /* of the line in it, from 1 */
    struct digest hash;  /* zeros when the line is none */
    struct bytes record; /* empty when the line is none */
};

/* Shows every line, oldest first, until `each` answers other than 0; answers that. A last line that
 * is not finished is passed over: it never let anything out. Works beside those who note. */
int access_each(const struct archive *archive,
                int (*each)(void *to, const struct access_line *line), void *to, struct err *err);
