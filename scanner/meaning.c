/*
 * The table status + sensors -> event: see meaning.h and docs/scanners.md.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "scanner/meaning.h"

#include <sane/sane.h>
#include <string.h>

enum { ANY = SCAN_UNKNOWN };

/* Known to later versions of SANE; drivers of today already return them now and then. */
enum { STATUS_WARMING_UP = 12, STATUS_HW_LOCKED = 13, STATUS_COUNT = 14 };

static const char *const status_names[STATUS_COUNT] = {
    "GOOD",   "UNSUPPORTED",   "CANCELLED",  "DEVICE_BUSY", "INVAL",
    "EOF",    "JAMMED",        "NO_DOCS",    "COVER_OPEN",  "IO_ERROR",
    "NO_MEM", "ACCESS_DENIED", "WARMING_UP", "HW_LOCKED",
};

/* status, answered, loaded, cover open, double feed, error code, event */
static const struct scan_rule built_in[] = {
    {SANE_STATUS_NO_DOCS, ANY, SCAN_YES, ANY, ANY, -1, SCAN_STOP, NULL},
    {SANE_STATUS_NO_DOCS, ANY, SCAN_NO, ANY, ANY, -1, SCAN_END, NULL},
    {SANE_STATUS_NO_DOCS, ANY, ANY, ANY, ANY, -1, SCAN_END_UNSURE, NULL},
    {SANE_STATUS_JAMMED, ANY, ANY, ANY, SCAN_YES, -1, SCAN_DOUBLE_FEED, NULL},
    {SANE_STATUS_JAMMED, ANY, ANY, SCAN_YES, ANY, -1, SCAN_COVER_OPEN, NULL},
    {SANE_STATUS_JAMMED, ANY, ANY, ANY, SCAN_NO, -1, SCAN_JAM, NULL},
    {SANE_STATUS_JAMMED, ANY, ANY, ANY, ANY, -1, SCAN_JAM_OR_DOUBLE_FEED, NULL},
    {SANE_STATUS_COVER_OPEN, ANY, ANY, ANY, ANY, -1, SCAN_COVER_OPEN, NULL},
    {SANE_STATUS_IO_ERROR, SCAN_NO, ANY, ANY, ANY, -1, SCAN_UNPLUGGED, NULL},
    {SANE_STATUS_IO_ERROR, ANY, ANY, ANY, SCAN_YES, -1, SCAN_DOUBLE_FEED, NULL},
    {SANE_STATUS_IO_ERROR, ANY, ANY, SCAN_YES, ANY, -1, SCAN_COVER_OPEN, NULL},
    {SANE_STATUS_IO_ERROR, ANY, ANY, ANY, ANY, -1, SCAN_IO_ERROR, NULL},
    {SANE_STATUS_INVAL, SCAN_NO, ANY, ANY, ANY, -1, SCAN_UNPLUGGED, NULL},
    {SANE_STATUS_INVAL, ANY, ANY, ANY, ANY, -1, SCAN_REFUSED, NULL},
    {SANE_STATUS_DEVICE_BUSY, ANY, ANY, ANY, ANY, -1, SCAN_BUSY, NULL},
    {SANE_STATUS_ACCESS_DENIED, ANY, ANY, ANY, ANY, -1, SCAN_DENIED, NULL},
    {SANE_STATUS_CANCELLED, ANY, ANY, ANY, ANY, -1, SCAN_CANCELLED, NULL},
    {SANE_STATUS_NO_MEM, ANY, ANY, ANY, ANY, -1, SCAN_NO_MEMORY, NULL},
    {SANE_STATUS_EOF, ANY, ANY, ANY, ANY, -1, SCAN_INCOMPLETE, NULL},
    {SANE_STATUS_UNSUPPORTED, ANY, ANY, ANY, ANY, -1, SCAN_UNSUPPORTED, NULL},
    {STATUS_WARMING_UP, ANY, ANY, ANY, ANY, -1, SCAN_BUSY, NULL},
    {STATUS_HW_LOCKED, ANY, ANY, ANY, ANY, -1, SCAN_REFUSED, NULL},
};

static const struct scan_rule otherwise = {.kind = SCAN_IO_ERROR};

static bool holds(int condition, int sensor)
{
    return condition == ANY || condition == sensor;
}

static bool fits(const struct scan_rule *rule, int status, const struct scan_sensors *sensors)
{
    return rule->status == status && holds(rule->answered, sensors->answered) &&
           holds(rule->loaded, sensors->loaded) && holds(rule->cover_open, sensors->cover_open) &&
           holds(rule->double_feed, sensors->double_feed) &&
           (rule->error_code == -1 || rule->error_code == sensors->error_code);
}

const struct scan_rule *meaning_find(const struct scan_rule *rules, size_t count, int status,
                                     const struct scan_sensors *sensors)
{
    for (size_t i = 0; i < count; i++)
        if (fits(&rules[i], status, sensors))
            return &rules[i];
    for (size_t i = 0; i < sizeof built_in / sizeof *built_in; i++)
        if (fits(&built_in[i], status, sensors))
            return &built_in[i];
    return &otherwise;
}

const char *meaning_status_name(int status)
{
    return status >= 0 && status < STATUS_COUNT ? status_names[status] : "?";
}

int meaning_status_parse(const char *name)
{
    for (int status = 0; status < STATUS_COUNT; status++)
        if (strcmp(status_names[status], name) == 0)
            return status;
    return -1;
}
