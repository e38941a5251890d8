/*
 * libtiff over memory: see tiff_file.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "image/tiff_file.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* No table or strip buffer of a page within the limits needs more; the pixels are not libtiff's. */
static const tmsize_t most_single_bytes = 16 << 20;

/* Keeps a message, with what is not printable ASCII as '?'. */
static void note(struct tiff_file *file, const char *module, const char *format, va_list args)
{
    int len;

    len = snprintf(file->message, sizeof file->message, "%s: ", module ? module : "libtiff");
    if (len >= 0 && (size_t)len < sizeof file->message)
        vsnprintf(file->message + len, sizeof file->message - (size_t)len, format, args);
    for (char *c = file->message; *c; c++)
        if (*c < ' ' || *c > '~')
            *c = '?';
}

static int on_error(TIFF *tiff, void *user, const char *module, const char *format, va_list args)
{
    struct tiff_file *file = user;

    (void)tiff;
    if (!file->failed)
        note(file, module, format, args);
    file->complained = true;
    file->failed = true;
    return 1; /* handled: the global handler, which prints, is not called */
}

static int on_warning(TIFF *tiff, void *user, const char *module, const char *format, va_list args)
{
    struct tiff_file *file = user;

    (void)tiff;
    if (!file->complained)
        note(file, module, format, args);
    file->complained = true;
    return 1;
}

static tmsize_t read_bytes(thandle_t handle, void *into, tmsize_t size)
{
    struct tiff_file *file = handle;
    struct bytes all = file->into ? buf_view(file->into) : file->from;
    size_t count = size < 0 ? 0 : (size_t)size;

    if (file->at >= all.len)
        return 0;
    if (count > all.len - file->at)
        count = all.len - file->at;
    memcpy(into, all.at + file->at, count);
    file->at += count;
    return (tmsize_t)count;
}

static tmsize_t write_bytes(thandle_t handle, void *data, tmsize_t size)
{
    struct tiff_file *file = handle;
    size_t end = file->at + (size_t)size;

    if (!file->into || size < 0)
        return -1;
    if (end > file->into->len) {
        size_t grow = end - file->into->len;

        if (buf_reserve(file->into, grow) < 0)
            return -1;
        memset(file->into->at + file->into->len, 0, grow);
        file->into->len = end;
    }
    memcpy(file->into->at + file->at, data, (size_t)size);
    file->at = end;
    return size;
}

static toff_t seek_to(thandle_t handle, toff_t offset, int whence)
{
    struct tiff_file *file = handle;
    size_t len = file->into ? file->into->len : file->from.len;

    if (whence == SEEK_CUR)
        offset += file->at;
    else if (whence == SEEK_END)
        offset += len;
    file->at = (size_t)offset;
    return offset;
}

static int close_nothing(thandle_t handle)
{
    (void)handle;
    return 0;
}

static toff_t size_of(thandle_t handle)
{
    struct tiff_file *file = handle;

    return file->into ? file->into->len : file->from.len;
}

static int map_bytes(thandle_t handle, void **base, toff_t *size)
{
    struct tiff_file *file = handle;

    if (file->into)
        return 0;
    *base = (void *)(uintptr_t)file->from.at; /* libtiff reads a mapping, it never writes it */
    *size = file->from.len;
    return 1;
}

static void unmap_nothing(thandle_t handle, void *base, toff_t size)
{
    (void)handle;
    (void)base;
    (void)size;
}

static int open_as(struct tiff_file *file, const char *mode, struct err *err)
{
    TIFFOpenOptions *options = TIFFOpenOptionsAlloc();

    if (!options)
        return err_set(err, ERR_MEMORY, "no memory to open a TIFF");
    TIFFOpenOptionsSetMaxSingleMemAlloc(options, most_single_bytes);
    TIFFOpenOptionsSetErrorHandlerExtR(options, on_error, file);
    TIFFOpenOptionsSetWarningHandlerExtR(options, on_warning, file);
    file->tiff = TIFFClientOpenExt("image", mode, file, read_bytes, write_bytes, seek_to,
                                   close_nothing, size_of, map_bytes, unmap_nothing, options);
    TIFFOpenOptionsFree(options);
    if (!file->tiff)
        return err_set(err, ERR_FORMAT, "the TIFF cannot be opened: %s", file->message);
    return 0;
}

int tiff_file_open(struct bytes data, unsigned page, struct tiff_file *ret_file, struct err *err)
{
    int rc;

    *ret_file = (struct tiff_file){.from = data};
    rc = open_as(ret_file, "rc", err); /* c: an uncompressed strip stays one strip */
    if (rc < 0)
        return rc;
    if (page > 1 && !TIFFSetDirectory(ret_file->tiff, (tdir_t)(page - 1))) {
        tiff_file_close(ret_file);
        return err_set(err, ERR_FORMAT, "the TIFF directory is damaged: %s", ret_file->message);
    }
    return 0;
}

int tiff_file_create(struct buf *into, struct tiff_file *ret_file, struct err *err)
{
    *ret_file = (struct tiff_file){.into = into};
    return open_as(ret_file, "wl", err); /* l: little-endian on every machine, the same bytes */
}

void tiff_file_close(struct tiff_file *file)
{
    if (file->tiff)
        TIFFClose(file->tiff);
    file->tiff = NULL;
}
