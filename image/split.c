/*
 * Splitting a multi-page TIFF (image_split of encode.h) without touching its compressed data:
 *
 *   header(8) strips, each on an even byte | values longer than 4 bytes | directory
 *
 * in the byte order of the original. Entries that point to further directories (EXIF, GPS,
 * sub-images) are left out, since what they point to is not of this page.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>
#include <tiff.h>

#include "base/scope.h"
#include "image/encode.h"
#include "image/header.h"
#include "image/tiff_directory.h"

struct splitter {
    struct tiff_view view;
    struct tiff_directory directory;
    struct tiff_entry offsets, lengths; /* of the strips */
    struct buf *into;
    size_t base;           /* where the new file begins in `into` */
    size_t offsets_at;     /* where the new strip offsets stand, from base */
    uint32_t *new_offsets; /* one per strip */
};

static bool is_left_out(uint16_t tag)
{
    return tag == TIFFTAG_SUBIFD || tag == TIFFTAG_EXIFIFD || tag == TIFFTAG_GPSIFD ||
           tag == TIFFTAG_INTEROPERABILITYIFD || tag == TIFFTAG_FREEOFFSETS ||
           tag == TIFFTAG_FREEBYTECOUNTS;
}

static int append(struct splitter *splitter, struct bytes more, struct err *err)
{
    static const uint8_t zero = 0;
    size_t len = splitter->into->len;

    if (buf_append(splitter->into, more) < 0)
        return err_set(err, ERR_MEMORY, "no memory for a page of %zu bytes", len + more.len);
    if ((splitter->into->len - splitter->base) % 2 == 1 &&
        buf_append(splitter->into, bytes_of(&zero, 1)) < 0)
        return err_set(err, ERR_MEMORY, "no memory for a page of %zu bytes", len + more.len);
    return 0;
}

static uint32_t position(const struct splitter *splitter)
{
    return (uint32_t)(splitter->into->len - splitter->base);
}

static int find_strips(struct splitter *splitter, struct err *err)
{
    const struct tiff_view *view = &splitter->view;

    if (!tiff_entry_find(view, &splitter->directory, TIFFTAG_STRIPOFFSETS, &splitter->offsets) ||
        !tiff_entry_find(view, &splitter->directory, TIFFTAG_STRIPBYTECOUNTS, &splitter->lengths))
        return err_set(err, ERR_UNSUPPORTED, "a TIFF page without strip sizes cannot be split off");
    if (splitter->offsets.count == 0 || splitter->offsets.count != splitter->lengths.count)
        return err_set(err, ERR_FORMAT, "%u strips with %u sizes", splitter->offsets.count,
                       splitter->lengths.count);
    splitter->new_offsets = calloc(splitter->offsets.count, sizeof *splitter->new_offsets);
    if (!splitter->new_offsets)
        return err_set(err, ERR_MEMORY, "no memory for %u strips", splitter->offsets.count);
    return 0;
}

static int copy_strips(struct splitter *splitter, struct err *err)
{
    struct bytes file = splitter->view.file;
    uint64_t total = 0;

    for (uint32_t i = 0; i < splitter->offsets.count; i++) {
        size_t at = (size_t)tiff_entry_number(&splitter->view, &splitter->offsets, i);
        size_t len = (size_t)tiff_entry_number(&splitter->view, &splitter->lengths, i);
        int rc;

        total += len;
        if (at > file.len || len > file.len - at || total > file.len)
            return err_set(err, ERR_FORMAT, "strip %u of %u lies outside the file", i + 1,
                           splitter->offsets.count);
        splitter->new_offsets[i] = position(splitter);
        rc = append(splitter, bytes_of(file.at + at, len), err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int write_offsets(struct splitter *splitter, struct err *err)
{
    SCOPED(scope_free) uint8_t *table = malloc((size_t)splitter->offsets.count * 4);

    if (!table)
        return err_set(err, ERR_MEMORY, "no memory for %u strips", splitter->offsets.count);
    for (uint32_t i = 0; i < splitter->offsets.count; i++)
        tiff_put32(table + 4 * (size_t)i, splitter->view.big_endian, splitter->new_offsets[i]);
    splitter->offsets_at = position(splitter);
    return append(splitter, bytes_of(table, (size_t)splitter->offsets.count * 4), err);
}

/* One entry of the new directory; a long value goes to the end of the file first. */
static int write_entry(struct splitter *splitter, const struct tiff_entry *entry, uint8_t *out,
                       struct err *err)
{
    bool big = splitter->view.big_endian;
    bool is_offsets = entry->tag == TIFFTAG_STRIPOFFSETS;

    tiff_put16(out, big, entry->tag);
    tiff_put16(out + 2, big, is_offsets ? TIFF_LONG : entry->type);
    tiff_put32(out + 4, big, entry->count);
    if (is_offsets) {
        uint32_t value =
            entry->count == 1 ? splitter->new_offsets[0] : (uint32_t)splitter->offsets_at;

        tiff_put32(out + 8, big, value);
        return 0;
    }
    memset(out + 8, 0, 4);
    if (entry->len <= 4) {
        memcpy(out + 8, splitter->view.file.at + entry->at, entry->len);
        return 0;
    }
    tiff_put32(out + 8, big, position(splitter));
    return append(splitter, bytes_of(splitter->view.file.at + entry->at, entry->len), err);
}

static int write_directory(struct splitter *splitter, struct err *err)
{
    size_t room = 2 + (size_t)splitter->directory.entries * 12 + 4;
    SCOPED(scope_free) uint8_t *made = calloc(1, room);
    uint16_t count = 0;
    size_t values = 0;
    int rc = made ? 0 : err_set(err, ERR_MEMORY, "no memory for %zu bytes of tags", room);

    for (unsigned i = 0; rc == 0 && i < splitter->directory.entries; i++) {
        struct tiff_entry entry;

        rc = tiff_entry_read(&splitter->view, &splitter->directory, i, &entry, err);
        values += rc == 0 ? entry.len : 0;
        if (rc == 0 && values > splitter->view.file.len)
            return err_set(err, ERR_FORMAT, "the TIFF tags of the page overlap");
        if (rc == 0 && !is_left_out(entry.tag))
            rc = write_entry(splitter, &entry, made + 2 + 12 * (size_t)count++, err);
    }
    if (rc < 0)
        return rc;
    tiff_put16(made, splitter->view.big_endian, count);
    tiff_put32(splitter->into->at + splitter->base + 4, splitter->view.big_endian,
               position(splitter));
    return append(splitter, bytes_of(made, 2 + 12 * (size_t)count + 4), err);
}

static int split_off(struct splitter *splitter, unsigned page, struct err *err)
{
    unsigned pages;
    int rc = tiff_directory_find(&splitter->view, page, &splitter->directory, &pages, err);

    if (rc == 0)
        rc = find_strips(splitter, err);
    if (rc == 0)
        rc = append(splitter, bytes_of(splitter->view.file.at, 8), err);
    if (rc == 0)
        rc = copy_strips(splitter, err);
    if (rc == 0)
        rc = write_offsets(splitter, err);
    return rc < 0 ? rc : write_directory(splitter, err);
}

/* A directory may say a thing twice, and readers differ on which counts: what was made of it has to
 * be the page that it was. */
static int check_made(const struct splitter *splitter, const struct image_header *was,
                      struct err *err)
{
    struct bytes made = buf_view(splitter->into);
    struct image_header is;
    made.at += splitter->base;
    made.len -= splitter->base;
    int rc = image_header_read(made, 1, &is, err);
    if (rc < 0)
        return err_prefix(err, "split off");
    if (is.width != was->width || is.height != was->height ||
        is.decoded_bytes != was->decoded_bytes)
        return err_set(err, ERR_FORMAT, "split off, the page has other tags than in its file");
    return 0;
}

int image_split(struct bytes file, unsigned page, struct buf *ret_file, struct err *err)
{
    struct splitter splitter = {.into = ret_file, .base = ret_file->len};
    struct image_header header;
    int rc = image_header_read(file, page, &header, err);

    if (rc < 0)
        return rc;
    if (header.pages == 1)
        return buf_append(ret_file, file) < 0
                   ? err_set(err, ERR_MEMORY, "no memory for %zu bytes", file.len)
                   : 0;
    rc = tiff_view_open(file, &splitter.view, err);
    if (rc == 0)
        rc = split_off(&splitter, page, err);
    if (rc == 0)
        rc = check_made(&splitter, &header, err);
    free(splitter.new_offsets);
    if (rc < 0)
        ret_file->len = splitter.base;
    return rc;
}
