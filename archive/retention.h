/*
 * How long a document is kept, and why: versioned rows of config/retention.conf. A row says from
 * which event the period runs; until the event is known a fallback (the receipt, plus a margin) may
 * stand in for it. Neither event nor fallback: no expiry, and then a document is never eliminable.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stdbool.h>

#include "archive/ids.h"
#include "base/day.h"
#include "base/err.h"

enum { RULE_TEXT_SIZE = 32, LAW_TEXT_SIZE = 128, RETENTION_ROWS_MAX = 500 };

/* Where the period begins. */
enum retention_start {
    RETENTION_EVENT,       /* at the event itself */
    RETENTION_NEXT_QUARTER /* first day of the quarter after the event (L.332-1 CSS) */
};

enum disposition { DISPOSITION_DESTROY, DISPOSITION_SELECT, DISPOSITION_KEEP };

struct retention_row {
    char tag[TAG_TEXT_SIZE];
    char rule[RULE_TEXT_SIZE];
    uint32_t version;
    char law[LAW_TEXT_SIZE];
    char trigger[RULE_TEXT_SIZE]; /* name of the event */
    bool fallback_receipt;
    int margin_months; /* added to the receipt when it stands in for the event */
    enum retention_start start;
    bool never; /* no period: never eliminable */
    int years, months, days;
    enum disposition disposition;
    struct day valid_from, valid_until; /* of the receipt; until none: the next row of the tag */
};

struct retention;

/* How long the access journal is kept when nothing is said, and what may be said, in months: the
 * CNIL recommends 6 months to a year, 3 years at the most (délibération 2021-122). */
enum { ACCESS_MONTHS_DEFAULT = 12, ACCESS_MONTHS_LEAST = 6, ACCESS_MONTHS_MOST = 36 };

/* ERR_CONFIG with file and line: unknown keys or words, impossible days or periods, two rows of a
 * tag that hold on the same day, a rule's version given twice. */
int retention_load(const char *path, struct retention **ret_retention, struct err *err);
void retention_free(struct retention **retention);

/* Whole months that a record of the access journal is kept after the month it was written in. */
int retention_access_months(const struct retention *retention);

/* The row of a tag that holds on the day of receipt; NULL: none. Borrowed. */
const struct retention_row *retention_row_for(const struct retention *retention, const char *tag,
                                              struct day received);

/* The row with that rule and version; ERR_NOT_FOUND for an unknown rule. */
int retention_find(const struct retention *retention, const char *rule, uint32_t version,
                   const struct retention_row **ret_row, struct err *err);

struct retention_term {
    const struct retention_row *row; /* NULL: no row for the tag, no expiry */
    struct day trigger;              /* the day from which the period was reckoned, or none */
    bool by_fallback;
    struct day expiry; /* the first day on which it may go; none: never */
};

/* What the term hangs on. */
struct retention_case {
    const char *tag;
    struct day event; /* none: not known */
    struct day received;
};

/* ERR_FORMAT for days that do not exist. */
int retention_reckon(const struct retention *retention, const struct retention_case *of,
                     struct retention_term *ret_term, struct err *err);
