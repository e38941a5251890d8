/*
 * Retention rules: see retention.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "archive/retention.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/config.h"

enum {
    MARGIN_MONTHS_MAX = 120,
    PERIOD_YEARS_MAX = 99, /* longer is "never" */
    PERIOD_MONTHS_MAX = 11,
    PERIOD_DAYS_MAX = 366
};

struct retention {
    int access_months;
    int count;
    struct retention_row rows[RETENTION_ROWS_MAX];
};

/* ---- reading rows ---- */

static int copy_text(const config_setting_t *row, const char *key, char *ret_text, size_t size,
                     struct err *err)
{
    const char *text;
    int rc = config_text_required(row, key, &text, err);
    if (rc < 0)
        return rc;
    if (text[0] == '\0' || strlen(text) >= size)
        return config_refuse(row, err, "%s has %zu bytes, must have 1 to %zu", key, strlen(text),
                             size - 1);
    snprintf(ret_text, size, "%s", text);
    return 0;
}

static int read_day(const config_setting_t *row, const char *key, struct day *ret_day,
                    struct err *err)
{
    const char *text = NULL;
    int rc = config_text(row, key, &text, err);
    if (rc < 0 || !text)
        return rc;
    if (day_parse(text, ret_day) < 0)
        return config_refuse(row, err, "%s '%.20s' is no day (YYYY-MM-DD)", key, text);
    return 0;
}

/* Which of the NULL-terminated words; -1 none of them. */
static int index_of(const char *word, const char *const words[])
{
    for (int i = 0; words[i]; i++)
        if (strcmp(words[i], word) == 0)
            return i;
    return -1;
}

static int read_word(const config_setting_t *row, const char *key, const char *const words[],
                     int *ret_index, struct err *err)
{
    const char *word;
    int rc = config_text_required(row, key, &word, err);
    if (rc < 0)
        return rc;
    *ret_index = index_of(word, words);
    return *ret_index >= 0 ? 0 : config_refuse(row, err, "%s '%.20s' is unknown", key, word);
}

/* "P2Y6M", "P10Y", "P60D": the part of ISO 8601 that laws use. */
static bool parse_period(const char *text, struct retention_row *row)
{
    if (*text++ != 'P' || *text == '\0')
        return false;
    const char *order = "YMD";
    while (*text) {
        char *unit;
        long number = strtol(text, &unit, 10);
        const char *place = *unit ? strchr(order, *unit) : NULL;
        if (unit == text || *text < '0' || *text > '9' || number < 1 || !place)
            return false;
        int *into = *unit == 'Y' ? &row->years : *unit == 'M' ? &row->months : &row->days;
        if (number > 1000)
            return false;
        *into = (int)number;
        order = place + 1;
        text = unit + 1;
    }
    return row->years <= PERIOD_YEARS_MAX && row->months <= PERIOD_MONTHS_MAX &&
           row->days <= PERIOD_DAYS_MAX;
}

static int read_period(const config_setting_t *at, struct retention_row *row, struct err *err)
{
    static const char *const starts[] = {"event", "next_quarter", NULL};
    const char *period;
    int start = 0, rc = config_text_required(at, "period", &period, err);
    if (rc == 0)
        rc = read_word(at, "start", starts, &start, err);
    if (rc < 0)
        return rc;
    row->start = (enum retention_start)start;
    row->never = strcmp(period, "never") == 0;
    if (!row->never && !parse_period(period, row))
        return config_refuse(at, err, "period '%.20s', must be like P2Y6M, or never", period);
    return 0;
}

static int read_fallback(const config_setting_t *at, struct retention_row *row, struct err *err)
{
    static const char *const fallbacks[] = {"none", "receipt", NULL};
    long long margin = 0;
    int which = 0, rc = read_word(at, "fallback", fallbacks, &which, err);
    if (rc == 0)
        rc = config_int(at, "margin_months", (long long[]){0, MARGIN_MONTHS_MAX}, &margin, err);
    row->fallback_receipt = which == 1;
    row->margin_months = (int)margin;
    return rc;
}

static int read_names(const config_setting_t *at, struct retention_row *row, struct err *err)
{
    long long version = 0;
    int rc = copy_text(at, "tag", row->tag, sizeof row->tag, err);
    if (rc == 0)
        rc = copy_text(at, "rule", row->rule, sizeof row->rule, err);
    if (rc == 0)
        rc = copy_text(at, "law", row->law, sizeof row->law, err);
    if (rc == 0)
        rc = copy_text(at, "trigger", row->trigger, sizeof row->trigger, err);
    if (rc == 0)
        rc = config_int(at, "version", (long long[]){1, 100000}, &version, err);
    if (rc == 0 && version == 0)
        rc = config_refuse(at, err, "'version' is missing");
    row->version = (uint32_t)version;
    return rc;
}

static int read_row(const config_setting_t *at, struct retention_row *row, struct err *err)
{
    static const char *const known[] = {
        "tag",      "rule",          "version",     "law",        "trigger",     "start", "period",
        "fallback", "margin_months", "disposition", "valid_from", "valid_until", NULL};
    static const char *const dispositions[] = {"destroy", "select", "keep", NULL};
    int disposition = 0, rc = config_check_keys(at, known, err);
    if (rc == 0)
        rc = read_names(at, row, err);
    if (rc == 0)
        rc = read_period(at, row, err);
    if (rc == 0)
        rc = read_fallback(at, row, err);
    if (rc == 0)
        rc = read_word(at, "disposition", dispositions, &disposition, err);
    if (rc == 0)
        rc = read_day(at, "valid_from", &row->valid_from, err);
    if (rc == 0)
        rc = read_day(at, "valid_until", &row->valid_until, err);
    if (rc < 0)
        return rc;
    row->disposition = (enum disposition)disposition;
    if (day_is_none(row->valid_from))
        return config_refuse(at, err, "'valid_from' is missing");
    if (!day_is_none(row->valid_until) && day_compare(row->valid_until, row->valid_from) < 0)
        return config_refuse(at, err, "valid_until lies before valid_from");
    return 0;
}

/* Two rows of a tag hold on the same day: both begin on it, or the earlier one ends too late. */
static bool overlap(const struct retention_row *a, const struct retention_row *b)
{
    if (strcmp(a->tag, b->tag) != 0)
        return false;
    int order = day_compare(a->valid_from, b->valid_from);
    if (order == 0)
        return true;
    const struct retention_row *first = order < 0 ? a : b, *second = order < 0 ? b : a;
    return !day_is_none(first->valid_until) &&
           day_compare(first->valid_until, second->valid_from) >= 0;
}

static int check_against_rows(const config_setting_t *at, const struct retention *retention,
                              const struct retention_row *row, struct err *err)
{
    for (int i = 0; i < retention->count; i++) {
        const struct retention_row *other = &retention->rows[i];
        if (overlap(other, row))
            return config_refuse(at, err, "%s version %u and %s version %u of tag %s overlap",
                                 other->rule, other->version, row->rule, row->version, row->tag);
        if (strcmp(other->rule, row->rule) == 0 && other->version == row->version)
            return config_refuse(at, err, "rule %s version %u stands twice", row->rule,
                                 row->version);
    }
    return 0;
}

/* The access journal's own rule: months, and the law that says so. */
static int read_access(const config_setting_t *root, struct retention *retention, struct err *err)
{
    static const char *const known[] = {"law", "months", NULL};
    const config_setting_t *at = config_setting_get_member(root, "access_journal");
    char law[LAW_TEXT_SIZE];
    long long months = ACCESS_MONTHS_DEFAULT;
    int rc = at ? config_check_keys(at, known, err) : 0;
    if (rc == 0 && at)
        rc = copy_text(at, "law", law, sizeof law, err);
    if (rc == 0 && at)
        rc = config_int(at, "months", (long long[]){ACCESS_MONTHS_LEAST, ACCESS_MONTHS_MOST},
                        &months, err);
    retention->access_months = (int)months;
    return rc;
}

static int read_rows(const config_setting_t *root, struct retention *retention, struct err *err)
{
    static const char *const known[] = {"retention", "access_journal", NULL};
    int rc = config_check_keys(root, known, err);
    if (rc == 0)
        rc = read_access(root, retention, err);
    if (rc < 0)
        return rc;
    const config_setting_t *list = config_setting_get_member(root, "retention");
    int count = list ? config_setting_length(list) : 0;
    if (count < 1 || count > RETENTION_ROWS_MAX)
        return config_refuse(root, err, "%d retention rows, must be 1 to %d", count,
                             RETENTION_ROWS_MAX);
    for (int i = 0; i < count; i++) {
        const config_setting_t *at = config_setting_get_elem(list, (unsigned)i);
        struct retention_row row = {0};
        rc = read_row(at, &row, err);
        if (rc == 0)
            rc = check_against_rows(at, retention, &row, err);
        if (rc < 0)
            return rc;
        retention->rows[retention->count++] = row;
    }
    return 0;
}

int retention_load(const char *path, struct retention **ret_retention, struct err *err)
{
    config_t config;
    int rc = config_open(path, &config, err);
    if (rc < 0)
        return rc;
    struct retention *retention = calloc(1, sizeof *retention);
    rc = retention ? read_rows(config_root_setting(&config), retention, err)
                   : err_set(err, ERR_MEMORY, "%s: no memory", path);
    config_close(&config);
    if (rc < 0) {
        retention_free(&retention);
        return rc;
    }
    *ret_retention = retention;
    return 0;
}

void retention_free(struct retention **retention)
{
    if (!retention || !*retention)
        return;
    free(*retention);
    *retention = NULL;
}

int retention_access_months(const struct retention *retention)
{
    return retention->access_months;
}

/* ---- reckoning ---- */

const struct retention_row *retention_row_for(const struct retention *retention, const char *tag,
                                              struct day received)
{
    const struct retention_row *best = NULL;
    for (int i = 0; i < retention->count; i++) {
        const struct retention_row *row = &retention->rows[i];
        if (strcmp(row->tag, tag) != 0 || day_compare(row->valid_from, received) > 0)
            continue;
        if (!best || day_compare(row->valid_from, best->valid_from) > 0)
            best = row;
    }
    if (best && !day_is_none(best->valid_until) && day_compare(best->valid_until, received) < 0)
        return NULL;
    return best;
}

int retention_find(const struct retention *retention, const char *rule, uint32_t version,
                   const struct retention_row **ret_row, struct err *err)
{
    for (int i = 0; i < retention->count; i++)
        if (retention->rows[i].version == version && strcmp(retention->rows[i].rule, rule) == 0) {
            *ret_row = &retention->rows[i];
            return 0;
        }
    return err_set(err, ERR_NOT_FOUND, "retention rule '%.32s' version %u is unknown", rule,
                   version);
}

static struct day add_period(const struct retention_row *row, struct day from)
{
    if (row->start == RETENTION_NEXT_QUARTER)
        from = day_next_quarter(from);
    return day_add_days(day_add_months(from, row->years * 12 + row->months), row->days);
}

int retention_reckon(const struct retention *retention, const struct retention_case *of,
                     struct retention_term *ret_term, struct err *err)
{
    if (!day_is_valid(of->received))
        return err_set(err, ERR_FORMAT, "date of receipt: no such day");
    if (!day_is_none(of->event) && !day_is_valid(of->event))
        return err_set(err, ERR_FORMAT, "date of the event: no such day");
    struct retention_term term = {.row = retention_row_for(retention, of->tag, of->received)};
    if (term.row) {
        term.by_fallback = day_is_none(of->event) && term.row->fallback_receipt;
        term.trigger =
            term.by_fallback ? day_add_months(of->received, term.row->margin_months) : of->event;
        if (!day_is_none(term.trigger) && !term.row->never)
            term.expiry = add_period(term.row, term.trigger);
    }
    *ret_term = term;
    return 0;
}
