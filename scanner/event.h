/*
 * Why a scanner stopped, as one value: what happened, what its sensors say, how many sheets are
 * safely read, and the French sentence that tells the person at the feeder what to do with which
 * sheet. Every way a batch can stop ends in one of these; none is a bare status code.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum scan_event_kind {
    SCAN_END,                /* no more documents, and the sensor sees no paper */
    SCAN_END_UNSURE,         /* no more documents, no sensor to prove it: a person looks */
    SCAN_EMPTY,              /* no more documents before the first sheet of the batch */
    SCAN_STOP,               /* no more documents, yet paper is loaded: stop button */
    SCAN_JAM,                /* a sheet is stuck in the path */
    SCAN_DOUBLE_FEED,        /* two sheets went together */
    SCAN_JAM_OR_DOUBLE_FEED, /* the scanner cannot tell which of the two */
    SCAN_COVER_OPEN,
    SCAN_IO_ERROR,    /* the connection or the driver failed */
    SCAN_UNPLUGGED,   /* it failed, and no sensor answers any more */
    SCAN_BUSY,        /* another program has the scanner */
    SCAN_DENIED,      /* no right to the device */
    SCAN_CANCELLED,   /* scanner_cancel */
    SCAN_INCOMPLETE,  /* fewer or more bytes than announced, or a side is missing */
    SCAN_TOO_LARGE,   /* a side over the limits of device.h */
    SCAN_UNSUPPORTED, /* a pixel form that is not read here (16 bits, three passes) */
    SCAN_NO_MEMORY,
    SCAN_REFUSED, /* the driver refuses to start (invalid setting) */
    SCAN_HUNG,    /* given by the watchdog outside, never by scanner_next_side */
    SCAN_EVENT_KINDS
};

enum { SCAN_UNKNOWN = -1, SCAN_NO = 0, SCAN_YES = 1 };
enum { SCAN_SENTENCE_SIZE = 640, SCAN_DETAIL_SIZE = 240 };

/* Read after every "no documents" and every error; SCAN_UNKNOWN where the scanner has none. */
struct scan_sensors {
    bool answered; /* at least one sensor could be read, or the profile names none */
    int loaded;    /* paper in the feeder */
    int cover_open;
    int double_feed;
    long error_code; /* vendor's code, -1 unknown */
    long counter;    /* sheets the scanner has moved in its life, -1 unknown */
};

/* Sheets have numbers from 1 in the order of feeding, going on over stops within a batch. A sheet
 * is complete when each side asked for has been handed over; only then was it "read". The images of
 * a sheet that is not complete were discarded: it is fed again, and keeps its number. */
struct scan_event {
    enum scan_event_kind kind;
    int sane_status; /* SANE_Status as received, 0 when the finding is our own */
    struct scan_sensors sensors;
    uint32_t sheets_complete;
    uint32_t sheet_in_path; /* the sheet in the path or whose images broke off, 0: none */
    uint32_t feed_from;     /* the next number to be fed: sheets_complete + 1 */
    uint32_t passed_unread; /* sheets that the counter says went on into the tray
                               unread (read-ahead): to be fed again; 0 unless known */
    char sentence[SCAN_SENTENCE_SIZE]; /* French, UTF-8, complete sentences */
    char detail[SCAN_DETAIL_SIZE];     /* English, one line for the log */
};

/* "end", "jam_or_double_feed", … */
const char *scan_event_name(enum scan_event_kind kind);

/* -1 for a name that is none of them. */
int scan_event_parse(const char *name);

/* True when the batch ended as it should: nothing in the path and no fault to clear. */
bool scan_event_is_end(enum scan_event_kind kind);

/* Fills `sentence` from a template, or from the built-in one of the kind when `say` is NULL.
 * {sheet} becomes feed_from; {count} "12 feuilles lues"; {read} a sentence on the sheets already
 * read; {tray} the request to take passed_unread sheets back from the output tray ("" when there
 * are none). The numbers must be set before. Texts that do not fit are cut between characters. */
void scan_event_phrase(struct scan_event *event, const char *say);
