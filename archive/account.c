/*
 * The account of a month: see account.h. Sums over what the walk found, then their equations.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "archive/account.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive/account_walk.h"
#include "base/clock.h"
#include "base/scope.h"

bool account_month_is_valid(const char *month)
{
    return strlen(month) == 7 && strspn(month, "0123456789") == 4 && month[4] == '-' &&
           strspn(month + 5, "0123456789") == 2 && strcmp(month + 5, "01") >= 0 &&
           strcmp(month + 5, "12") <= 0;
}

/* ---- sums ---- */

static bool is_in(const struct account *account, int64_t at_ms)
{
    char at[CLOCK_TEXT_SIZE];
    return at_ms > 0 &&
           strncmp(clock_format(at_ms, at), account->month, ACCOUNT_MONTH_SIZE - 1) == 0;
}

static void add_refusals(struct account *account, uint64_t refused, const uint64_t *reasons)
{
    uint64_t named = 0;
    for (int i = 0; i < account->reason_count; i++) {
        account->reasons[i].count += reasons[i];
        named += reasons[i];
    }
    account->refused += refused;
    account->unnamed += refused - named;
}

static int check_batch(const struct walk_batch *batch, struct err *err)
{
    uint64_t named = 0;
    for (int i = 0; i < ACCOUNT_REASONS_MAX; i++)
        named += batch->reasons[i];
    if (batch->archived > batch->pages || named > batch->refused)
        return err_set(err, ERR_INTEGRITY,
                       "journal: batch %u: %" PRIu64 " pages filed of %" PRIu64 ", %" PRIu64
                       " reasons for %" PRIu64 " refused",
                       batch->number, batch->archived, batch->pages, named, batch->refused);
    return 0;
}

static int add_batch(struct account *account, const struct walk_batch *batch, struct err *err)
{
    int rc = check_batch(batch, err);
    if (rc < 0)
        return rc;
    struct account_day *day = &account->days[day_of_ms(batch->fed_ms).day - 1];
    account->batches++;
    account->received += batch->pages;
    account->archived += batch->archived;
    account->under_way += batch->pages - batch->archived;
    account->by_people += batch->by_people;
    account->by_machine += batch->archived - batch->by_people;
    account->quarantined += batch->quarantined;
    account->documents += batch->documents;
    day->received += batch->pages;
    day->archived += batch->archived;
    add_refusals(account, batch->refused, batch->reasons);
    if (batch->archived < batch->pages &&
        (account->oldest_ms == 0 || batch->fed_ms < account->oldest_ms))
        account->oldest_ms = batch->fed_ms;
    return 0;
}

static int by_size(const void *a, const void *b)
{
    const int64_t one = *(const int64_t *)a, other = *(const int64_t *)b;
    return (one > other) - (one < other);
}

/* Nearest rank. */
static int64_t rank(const int64_t *times, size_t count, size_t percent)
{
    return count == 0 ? -1 : times[(count * percent + 99) / 100 - 1];
}

static int add_documents(struct account *account, const struct walk *walk, struct err *err)
{
    SCOPED(scope_free) int64_t *times = calloc(walk->document_count + 1, sizeof *times);
    size_t count = 0;
    if (!times)
        return err_set(err, ERR_MEMORY, "account: no memory");
    for (size_t i = 0; i < walk->document_count; i++) {
        const struct walk_document *document = &walk->documents[i];
        const struct walk_batch *batch = walk_batch(walk, document->batch);
        if (!batch || !is_in(account, batch->fed_ms))
            continue;
        account->corrected += document->moved != 0;
        const int64_t took = document->handed_ms - document->accepted_ms;
        if (document->handed_ms)
            times[count++] = took > 0 ? took : 0; /* a clock may be set back */
    }
    qsort(times, count, sizeof *times, by_size);
    account->handed_over = count;
    account->kept = account->documents - count;
    account->p50_ms = rank(times, count, 50);
    account->p95_ms = rank(times, count, 95);
    account->max_ms = rank(times, count, 100);
    return 0;
}

static int add_all(struct account *account, const struct walk *walk, struct err *err)
{
    int rc = 0;
    account->records = walk->records;
    account->reason_count = walk->reason_count;
    for (int i = 0; i < walk->reason_count; i++)
        memcpy(account->reasons[i].name, walk->reasons[i], ACCOUNT_REASON_SIZE);
    for (size_t i = 0; rc == 0 && i < walk->batch_count; i++)
        if (is_in(account, walk->batches[i].fed_ms))
            rc = add_batch(account, &walk->batches[i], err);
    for (size_t i = 0; rc == 0 && i < walk->nothing_count; i++)
        if (is_in(account, walk->nothing_taken[i].at_ms)) {
            account->batches++;
            add_refusals(account, walk->nothing_taken[i].refused, walk->nothing_taken[i].reasons);
        }
    return rc < 0 ? rc : add_documents(account, walk, err);
}

/* ---- equations ---- */

int account_check(const struct account *account, struct err *err)
{
    uint64_t received = 0, archived = 0, named = 0;
    for (int i = 0; i < ACCOUNT_DAYS; i++) {
        received += account->days[i].received;
        archived += account->days[i].archived;
    }
    for (int i = 0; i < account->reason_count; i++)
        named += account->reasons[i].count;
    const struct {
        bool holds;
        const char *equation;
    } equations[] = {
        {account->received == account->archived + account->under_way,
         "pages received = archived + under way"},
        {account->received == received && account->archived == archived,
         "pages received and archived = sums of the days"},
        {account->archived == account->by_machine + account->by_people,
         "pages archived = by machine + by people"},
        {account->quarantined <= account->archived, "pages from quarantine <= archived"},
        {account->refused == named + account->unnamed, "refused = sum of the reasons"},
        {account->documents == account->handed_over + account->kept &&
             account->handed_over <= account->documents,
         "documents = handed over + kept"},
        {account->corrected <= account->documents, "documents corrected <= archived"},
        {account->p50_ms <= account->p95_ms && account->p95_ms <= account->max_ms &&
             (account->p50_ms >= 0 || account->handed_over == 0),
         "0 <= p50 <= p95 <= maximum"}};
    for (size_t i = 0; i < sizeof equations / sizeof *equations; i++)
        if (!equations[i].holds)
            return err_set(err, ERR_INTEGRITY, "the account of %s in %s does not add up: %s",
                           account->tenant, account->month, equations[i].equation);
    return 0;
}

int account_read(struct archive *archive, const char *tenant, const char *month,
                 struct account *ret_account, struct err *err)
{
    SCOPED(walk_free) struct walk walk = {0};
    *ret_account = (struct account){.oldest_ms = 0};
    snprintf(ret_account->tenant, sizeof ret_account->tenant, "%s", tenant);
    snprintf(ret_account->month, sizeof ret_account->month, "%s", month);
    int rc = archive_check_tenant(archive, tenant, err);
    if (rc == 0)
        rc = walk_journal(archive, tenant, &walk, err);
    if (rc == 0)
        rc = add_all(ret_account, &walk, err);
    return rc < 0 ? rc : account_check(ret_account, err);
}
