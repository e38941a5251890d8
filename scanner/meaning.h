/*
 * What a SANE status means: rules over status and sensors, first match wins. The built-in table is
 * the last word; a profile puts its own rules in front.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stddef.h>

#include "scanner/event.h"

/* A condition of SCAN_UNKNOWN (or error code -1) holds always; else the sensor must say just that:
 * a sensor that is unknown fits neither yes nor no. */
struct scan_rule {
    int status; /* SANE_Status */
    int answered, loaded, cover_open, double_feed;
    long error_code;
    enum scan_event_kind kind;
    const char *say; /* sentence template, NULL: that of the kind */
};

#define SCAN_RULE_DEFAULT                                                                          \
    ((struct scan_rule){.answered = SCAN_UNKNOWN,                                                  \
                        .loaded = SCAN_UNKNOWN,                                                    \
                        .cover_open = SCAN_UNKNOWN,                                                \
                        .double_feed = SCAN_UNKNOWN,                                               \
                        .error_code = -1})

/* The first of `rules` that fits; when none does, the built-in table, which always answers. */
const struct scan_rule *meaning_find(const struct scan_rule *rules, size_t count, int status,
                                     const struct scan_sensors *sensors);

/* "NO_DOCS" for SANE_STATUS_NO_DOCS, …; "?" for a number that SANE does not know. */
const char *meaning_status_name(int status);

/* -1 for a name that is none. */
int meaning_status_parse(const char *name);
