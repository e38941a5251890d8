/*
 * What shall go wrong in the virtual feeder, and when: a list of lines
 *     KIND sheet=N [side=front|back] [percent=P] [transported=yes|no]
 * N counts all sheets ever fed from the hopper, from 1. Each fault strikes once.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum fault_kind {
    FAULT_JAM,           /* JAMMED */
    FAULT_DOUBLE_FEED,   /* JAMMED, sensor double-feed */
    FAULT_COVER_OPEN,    /* COVER_OPEN, sensor cover-open */
    FAULT_IO_ERROR,      /* IO_ERROR */
    FAULT_BUSY,          /* DEVICE_BUSY */
    FAULT_NO_MEMORY,     /* NO_MEM */
    FAULT_STOP,          /* NO_DOCS with paper left: the stop button */
    FAULT_LATE_END,      /* NO_DOCS from sane_read, after a good sane_start */
    FAULT_HANG,          /* does not come back for an hour */
    FAULT_SHORT_READS,   /* a few bytes per sane_read */
    FAULT_PREMATURE_EOF, /* EOF before all lines */
    FAULT_EXCESS,        /* more lines than announced */
    FAULT_UNPLUG,        /* IO_ERROR for ever, sensors too */
    FAULT_KINDS
};

enum { FAULTS_MAX = 64, FAULT_TEXT_MAX = 120, FAULTS_FILE_LIMIT_BYTES = 16 << 10 };

struct fault {
    enum fault_kind kind;
    uint32_t sheet;
    int side;         /* 0 front, 1 back */
    unsigned percent; /* of the side's lines; 0 is at its start */
    bool transported; /* the sheet is stuck in the path instead of back in the hopper */
    bool struck;
    char text[FAULT_TEXT_MAX + 1];
};

struct fault_list {
    struct fault at[FAULTS_MAX];
    size_t count;
};

/* Appends the faults of a text: one per line or between semicolons; blank ones and those behind #
 * are passed over. ERR_FORMAT names the line that is none. */
int faults_parse(struct fault_list *list, const char *text, size_t length, struct err *err);

/* The first fault of the list that is due on that side and has not struck, or NULL. At the start of
 * a side (`reading` false) those at 0 percent; while reading those later on. */
struct fault *faults_due(struct fault_list *list, uint32_t sheet, int side, bool reading);

/* "double-feed" */
const char *fault_name(enum fault_kind kind);
