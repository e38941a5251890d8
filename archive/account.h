/*
 * The account of a tenant's month, from its journal alone: the batches that were fed to their end
 * in that month (UTC), and what became of them up to the journal's last record. Documents that were
 * destroyed since stay counted: they were archived. Mail of a tenant that was merged into another
 * (merge.h) is in its own account, as it stood at the merger.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "archive/archive.h"

enum {
    ACCOUNT_MONTH_SIZE = 8,
    ACCOUNT_DAYS = 31,
    ACCOUNT_REASONS_MAX = 24, /* 4 of sheets and 16 codes of errors, and room */
    ACCOUNT_REASON_SIZE = 16  /* the longest code, "unavailable", has 11 letters */
};

/* Sheets (torn, unfit, object, other) and partners' files (codes of errors: format, limit, …). */
struct account_reason {
    char name[ACCOUNT_REASON_SIZE];
    uint64_t count;
};

struct account_day {
    uint64_t received, archived; /* pages of the batches whose end fell on that day */
};

struct account {
    char tenant[TENANT_TEXT_SIZE], month[ACCOUNT_MONTH_SIZE]; /* "2026-11" */
    uint64_t records; /* of the journal: it was read so far */
    uint64_t batches;
    uint64_t received;            /* pages accepted */
    uint64_t archived, under_way; /* of them: in a box (blank sides and separators too); not yet */
    uint64_t by_machine, by_people; /* of the archived: who decided last */
    uint64_t quarantined;           /* of the archived: were in quarantine before */
    uint64_t refused;               /* sheets of paper, and files of partners */
    uint64_t unnamed;               /* of them: with no reason in the journal */
    struct account_reason reasons[ACCOUNT_REASONS_MAX];
    int reason_count;
    uint64_t documents;             /* archived */
    uint64_t handed_over, kept;     /* of them: the partner acknowledged a hand-over; not so */
    uint64_t corrected;             /* of them: a person changed the tag later */
    int64_t oldest_ms;              /* when the oldest page's batch under way was fed; 0: none */
    int64_t p50_ms, p95_ms, max_ms; /* see below; -1: nothing was handed over */
    struct account_day days[ACCOUNT_DAYS];
};

/* Times run from the moment at which the first page of a document was durable here to its first
 * acknowledged hand-over, over the documents handed over: nearest rank. */

/* "2026-11": the form, and a month there is. */
bool account_month_is_valid(const char *month);

/* ERR_NOT_FOUND: no such tenant; ERR_INTEGRITY names the record or the batch: the chain is broken,
 * a page is counted twice or was never received, or a figure contradicts another. */
int account_read(struct archive *archive, const char *tenant, const char *month,
                 struct account *ret_account, struct err *err);

/* The equations: received = archived + under way = sum of the days; archived = by machine + by
 * people >= quarantined; refused = sum of the reasons + unnamed; documents = handed over + kept >=
 * corrected; p50 <= p95 <= max. ERR_INTEGRITY says which does not hold. */
int account_check(const struct account *account, struct err *err);
