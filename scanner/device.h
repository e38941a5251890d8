/*
 * A SANE scanner with a document feeder, driven by its profile. One process, one scanner, no
 * threads around SANE. sane_start follows sane_start without sane_cancel, which is called once when
 * the feeding ends, whatever the reason. Calls block as long as the device does: the watchdog is
 * outside, it kills the process. Nothing is written, nothing leaves this folder but pages.
 *
 * A side is handed over only when its whole sheet has passed, so a fault never leaves half a sheet
 * behind: what was not handed over is fed again.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "scanner/event.h"
#include "scanner/profile.h"
#include "scanner/session.h"

struct Pix;
struct scanner;

enum {
    SCANNER_SIDE_LIMIT_BYTES = 150000000, /* one side as pixels; A4 colour at 600 dpi has 140 MB */
    SCANNER_HELD_LIMIT_BYTES = 320000000, /* sides of one or two sheets waiting for their end */
    SCANNER_SIDE_LIMIT_PIXELS = 32768     /* width or height, as image/header.h */
};

/* One option as it was asked for and as the device says it stands. */
struct scan_setting {
    char *option;
    char *asked; /* "" for an option only read */
    char *got;   /* value read back; "" when the option is absent or inactive */
};

/* Under which settings the copies were made (NF Z42-026 asks for it): kept by the caller. */
struct scan_evidence {
    char *device, *vendor, *model, *profile;
    const char *mode; /* scan_mode_name */
    bool duplex;
    struct scan_setting *settings;
    size_t setting_count;
};

struct scanned_side {
    struct Pix *page; /* depth 1 (1 = black), 8 or 32; resolution set; free with image_free */
    int side;         /* 0 front, 1 back */
    uint32_t sheet;   /* from 1, or from scanner_new_batch's number */
    double x_dpi, y_dpi;
};

/* Opens a device, switches the forbidden options off, sets the profile's options and reads every
 * one back. ERR_DEVICE: no such device, or a required option cannot be set, with the
 * value asked for and the value read; ERR_UNAVAILABLE: busy; ERR_DENIED; ERR_UNSUPPORTED: the
 * profile has no such mode. The profile is borrowed and must live longer. */
int scanner_open(const char *device, const struct profile *profile,
                 const struct scan_request *request, struct scanner **ret_scanner, struct err *err);
void scanner_free(struct scanner **scanner);

const struct scan_evidence *scanner_evidence(const struct scanner *scanner);

/* The next sheet fed gets number `first_sheet` (from 1; 1 after scanner_open). A process that takes
 * over a broken-off batch gives the number after the last sheet that was kept. */
void scanner_new_batch(struct scanner *scanner, uint32_t first_sheet);

/* After a process died: the sheets from number `from` on, of those that this batch has fed, are on
 * the feeder again. A real feeder needs a person for that, and this does nothing: returns 0. The
 * virtual one puts them back itself: returns 1. Its numbers count from the hopper's first sheet, so
 * only for a hopper (or a state folder) of one batch. Then goes on as scanner_new_batch does. */
int scanner_take_back(struct scanner *scanner, uint32_t from, struct err *err);

/* Blocks until there is a side (returns 1, `ret_side` filled, the caller frees the page) or the
 * feeding has stopped (returns 0, `ret_event` filled). Every failure is an event. The call after an
 * event starts feeding anew and goes on with sheet number `feed_from`. */
int scanner_next_side(struct scanner *scanner, struct scanned_side *ret_side,
                      struct scan_event *ret_event);

/* Asks a running scanner_next_side to stop; it then ends with SCAN_CANCELLED. May be called from a
 * signal handler or another thread, as sane_cancel may; does nothing between batches. */
void scanner_cancel(struct scanner *scanner);

/* Between batches only: the sensors as they stand, and the scan button (SCAN_UNKNOWN: none). */
void scanner_sensors(struct scanner *scanner, struct scan_sensors *ret_sensors);
int scanner_button(struct scanner *scanner);

/* Sets any option by name, as a test does: "yes"/"no", a number or a text; "" presses a button.
 * ERR_NOT_FOUND: no such active option; ERR_DEVICE: refused. */
int scanner_set(struct scanner *scanner, const char *option, const char *value, struct err *err);
