/*
 * What the parts of tripli-scan share: scan.c (options, batch), scan_folder.c (image files),
 * scan_feeder.c (a SANE scanner, the virtual feeder among them).
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "base/bytes.h"
#include "workers/capture.h"
#include "workers/program.h"

struct scan_options {
    const char *input;  /* folder of images */
    const char *device; /* SANE device */
    const char *hopper; /* folder of sheets for the virtual feeder */
    const char *tenant, *received, *kind, *uuid, *mode;
    unsigned dpi;
    bool simplex;
    bool envelope_per_folder;
    bool progress; /* one JSON line per step on stdout, for tripli run */
};

struct scan {
    struct program program;
    struct scan_options options;
    struct capture *capture;
    char uuid[33]; /* the batch's, given by --resume or made up */
    char hopper_state[PLACE_SIZE +
                      64]; /* what the virtual feeder remembers of this batch, "" none */
    uint32_t batch;
    uint32_t accepted; /* pages that the hub had of this batch at its opening */
    uint32_t page;     /* number of the last page captured */
    uint32_t sheets;   /* complete sheets fed */
    uint32_t rejected; /* sheets declared rejected */
    uint32_t skipped;  /* files that are no image */
    bool ended;        /* a feeder: the batch is fed to its end already */
    uint32_t expected; /* sheets to come in all (pages of files that were opened, and files
                          that were not), 0 unknown */
    int64_t started_ms;
    bool terminal; /* a person sits in front: French words, a status line */
    bool starts;   /* folders: the next page begins an envelope */
    int64_t shown_ms;
};

/* Numbers the page, takes its digest at birth, hands it to the capture. `capture` is borrowed. */
struct scan_side {
    struct bytes image;
    uint32_t sheet;
    uint32_t side;
    bool starts_envelope;
    json_t *capture;
};
int scan_page(struct scan *scan, const struct scan_side *side, struct err *err);

/* The status line, or the progress line for tripli run; at most a few times a second unless
 * `last`. */
void scan_show(struct scan *scan, bool last);

/* Says one line to the operator, below the status line. */
void scan_say(struct scan *scan, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Feed everything; 0 when the source is used up. A feeder that stopped on a fault and was not
 * cleared is ERR_DEVICE: the batch stays open, to be resumed. */
int scan_folder(struct scan *scan, struct err *err);
int scan_feeder(struct scan *scan, struct err *err);

/* Before the batch is opened: the source is there, and what it calls itself. ERR_NOT_FOUND. */
int scan_folder_check(struct scan *scan, struct err *err);
