/*
 * Errors as values: a code that decides what happens next, and one line that says what is wrong.
 * The text is impersonal, lower case: subject, fact, measured value, limit. It never holds a name,
 * an insured number or page text. Libraries set it where the error happens and never print.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stddef.h>

/* Every fallible function returns 0 or a count on success, one of these on failure. */
enum err_code {
    ERR_IO = -1,          /* a read, write or sync failed for another reason than space */
    ERR_MEMORY = -2,      /* allocation failed */
    ERR_LIMIT = -3,       /* the input exceeds a stated limit */
    ERR_FORMAT = -4,      /* the input is damaged or not what it claims to be */
    ERR_UNSUPPORTED = -5, /* well-formed, but of a kind that is not read here */
    ERR_NOT_FOUND = -6,   /* no such thing */
    ERR_CONFLICT = -7,    /* it exists with other contents, or is in another state */
    ERR_DENIED = -8,      /* no right to it */
    ERR_FULL = -9,        /* no space: disk, map, queue; try again when there is */
    ERR_TIMEOUT = -10,    /* a deadline passed */
    ERR_CONFIG = -11,     /* a configuration file is wrong */
    ERR_PROTOCOL = -12,   /* a message is not of the protocol */
    ERR_DEVICE = -13,     /* a scanner reports a fault that a person must clear */
    ERR_INTEGRITY = -14,  /* digest, seal or chain does not match */
    ERR_CANCELLED = -15,  /* somebody asked to stop */
    ERR_UNAVAILABLE = -16 /* the other side is not there now */
};

/* What becomes of a page whose handling ended with a code. */
enum err_fate { FATE_RETRY, FATE_QUARANTINE, FATE_STOP };

enum { ERR_TEXT_MAX = 400 };

struct err {
    int code;
    char text[ERR_TEXT_MAX]; /* NUL-terminated; longer text is cut */
};

/* Sets code and text (err may be NULL), returns code: `return err_set(err, ERR_IO, "…")`. */
int err_set(struct err *err, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Sets text to "<what>: <strerror(errnum)>"; ENOSPC and EDQUOT become ERR_FULL, ENOMEM ERR_MEMORY,
 * ENOENT ERR_NOT_FOUND, EACCES and EPERM ERR_DENIED, the rest ERR_IO. Returns the code. */
int err_errno(struct err *err, int errnum, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts "<context>: " before the text and keeps the code; returns the code. */
int err_prefix(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* "limit", "format", … ; "ok" for values >= 0, "unknown" for codes not in the list. */
const char *err_name(int code);

enum err_fate err_fate(int code);

/* Exit status by sysexits.h: 0 for values >= 0. */
int err_exit_status(int code);
