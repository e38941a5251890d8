/*
 * Errors as values: see err.h. One table gives a code its name, its exit status and the fate of a
 * page.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

static const struct {
    int code;
    const char *name;
    int exit_status;
    enum err_fate fate;
} table[] = {
    {ERR_IO, "io", EX_IOERR, FATE_STOP},
    {ERR_MEMORY, "memory", EX_OSERR, FATE_RETRY},
    {ERR_LIMIT, "limit", EX_DATAERR, FATE_QUARANTINE},
    {ERR_FORMAT, "format", EX_DATAERR, FATE_QUARANTINE},
    {ERR_UNSUPPORTED, "unsupported", EX_DATAERR, FATE_QUARANTINE},
    {ERR_NOT_FOUND, "not_found", EX_NOINPUT, FATE_STOP},
    {ERR_CONFLICT, "conflict", EX_DATAERR, FATE_STOP},
    {ERR_DENIED, "denied", EX_NOPERM, FATE_STOP},
    {ERR_FULL, "full", EX_TEMPFAIL, FATE_STOP},
    {ERR_TIMEOUT, "timeout", EX_TEMPFAIL, FATE_RETRY},
    {ERR_CONFIG, "config", EX_CONFIG, FATE_STOP},
    {ERR_PROTOCOL, "protocol", EX_PROTOCOL, FATE_RETRY},
    {ERR_DEVICE, "device", EX_UNAVAILABLE, FATE_STOP},
    {ERR_INTEGRITY, "integrity", EX_DATAERR, FATE_QUARANTINE},
    {ERR_CANCELLED, "cancelled", EX_TEMPFAIL, FATE_RETRY},
    {ERR_UNAVAILABLE, "unavailable", EX_UNAVAILABLE, FATE_RETRY},
};

enum { TABLE_ROWS = sizeof table / sizeof *table };

static int row_of(int code)
{
    for (int i = 0; i < TABLE_ROWS; i++)
        if (table[i].code == code)
            return i;
    return -1;
}

int err_set(struct err *err, int code, const char *format, ...)
{
    if (!err)
        return code;
    err->code = code;
    va_list args;
    va_start(args, format);
    vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    return code;
}

static int code_of_errno(int errnum)
{
    switch (errnum) {
    case ENOSPC:
    case EDQUOT:
        return ERR_FULL;
    case ENOMEM:
        return ERR_MEMORY;
    case ENOENT:
        return ERR_NOT_FOUND;
    case EACCES:
    case EPERM:
        return ERR_DENIED;
    default:
        return ERR_IO;
    }
}

int err_errno(struct err *err, int errnum, const char *format, ...)
{
    int code = code_of_errno(errnum);
    if (!err)
        return code;
    char what[ERR_TEXT_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    return err_set(err, code, "%.*s: %s", ERR_TEXT_MAX - 64, what, strerror(errnum));
}

int err_prefix(struct err *err, const char *format, ...)
{
    if (!err)
        return 0;
    char context[ERR_TEXT_MAX], old[ERR_TEXT_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(context, sizeof context, format, args);
    va_end(args);
    memcpy(old, err->text, sizeof old);
    snprintf(err->text, sizeof err->text, "%.*s: %.*s", ERR_TEXT_MAX / 2, context,
             ERR_TEXT_MAX / 2 - 4, old);
    return err->code;
}

const char *err_name(int code)
{
    if (code >= 0)
        return "ok";
    int row = row_of(code);
    return row < 0 ? "unknown" : table[row].name;
}

enum err_fate err_fate(int code)
{
    int row = row_of(code);
    return row < 0 ? FATE_STOP : table[row].fate;
}

int err_exit_status(int code)
{
    if (code >= 0)
        return EX_OK;
    int row = row_of(code);
    return row < 0 ? EX_SOFTWARE : table[row].exit_status;
}
