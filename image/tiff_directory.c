/*
 * TIFF directories: see tiff_directory.h.
 *
 *   file      = order (II|MM) magic (42) offset-of-first-directory(4)
 *   directory = count(2) { tag(2) type(2) count(4) value-or-offset(4) }*count offset-of-next(4)
 * SPDX-License-Identifier: Apache-2.0
 */
#include "image/tiff_directory.h"

#include <string.h>

#include "image/header.h"

enum { ENTRY_BYTES = 12, TYPE_BYTE = 1, TYPE_SHORT = 3, TYPE_LONG = 4, TYPE_RATIONAL = 5 };

/* Bytes of one element by type, TIFF 6.0 and its supplements; 0 = no such type. */
static const uint8_t type_sizes[] = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4};

uint16_t tiff_get16(const struct tiff_view *view, size_t at)
{
    const uint8_t *p = view->file.at + at;

    return (uint16_t)(view->big_endian ? p[0] << 8 | p[1] : p[1] << 8 | p[0]);
}

uint32_t tiff_get32(const struct tiff_view *view, size_t at)
{
    uint32_t first = tiff_get16(view, at);
    uint32_t second = tiff_get16(view, at + 2);

    return view->big_endian ? first << 16 | second : second << 16 | first;
}

void tiff_put16(uint8_t *at, bool big_endian, uint16_t value)
{
    at[big_endian ? 0 : 1] = (uint8_t)(value >> 8);
    at[big_endian ? 1 : 0] = (uint8_t)value;
}

void tiff_put32(uint8_t *at, bool big_endian, uint32_t value)
{
    tiff_put16(at + (big_endian ? 0 : 2), big_endian, (uint16_t)(value >> 16));
    tiff_put16(at + (big_endian ? 2 : 0), big_endian, (uint16_t)value);
}

int tiff_view_open(struct bytes file, struct tiff_view *ret_view, struct err *err)
{
    *ret_view = (struct tiff_view){.file = file};
    if (file.len < 8)
        return err_set(err, ERR_FORMAT, "a TIFF of %zu bytes, at least 8 are needed", file.len);
    ret_view->big_endian = file.at[0] == 'M';
    if ((memcmp(file.at, "II", 2) != 0 && memcmp(file.at, "MM", 2) != 0) ||
        tiff_get16(ret_view, 2) != 42)
        return err_set(err, ERR_FORMAT, "not a TIFF by its first four bytes");
    return 0;
}

/* Reads the entry count at `offset`; the whole directory with its next pointer must be there. */
static int directory_at(const struct tiff_view *view, size_t offset,
                        struct tiff_directory *ret_directory, struct err *err)
{
    if (offset < 8 || offset > view->file.len - 2)
        return err_set(err, ERR_FORMAT, "a TIFF directory at byte %zu of %zu: the file is cut",
                       offset, view->file.len);
    ret_directory->at = offset;
    ret_directory->entries = tiff_get16(view, offset);
    if (view->file.len - offset - 2 < (size_t)ret_directory->entries * ENTRY_BYTES + 4)
        return err_set(err, ERR_FORMAT, "a TIFF directory of %u entries at byte %zu of %zu: cut",
                       ret_directory->entries, offset, view->file.len);
    return 0;
}

int tiff_directory_find(const struct tiff_view *view, unsigned page,
                        struct tiff_directory *ret_directory, unsigned *ret_pages, struct err *err)
{
    size_t offset = tiff_get32(view, 4);
    struct tiff_directory here;
    unsigned pages = 0;

    while (offset != 0) {
        int rc = directory_at(view, offset, &here, err);

        if (rc < 0)
            return rc;
        if (++pages > IMAGE_PAGES_LIMIT)
            return err_set(err, ERR_LIMIT, "a TIFF of more than %d pages, at most %d",
                           IMAGE_PAGES_LIMIT, IMAGE_PAGES_LIMIT);
        if (pages == page)
            *ret_directory = here;
        offset = tiff_get32(view, here.at + 2 + (size_t)here.entries * ENTRY_BYTES);
    }
    if (page == 0 || page > pages)
        return err_set(err, ERR_NOT_FOUND, "page %u: the file has %u page%s", page, pages,
                       pages == 1 ? "" : "s");
    *ret_pages = pages;
    return 0;
}

int tiff_entry_read(const struct tiff_view *view, const struct tiff_directory *directory,
                    unsigned i, struct tiff_entry *ret_entry, struct err *err)
{
    size_t at = directory->at + 2 + (size_t)i * ENTRY_BYTES;
    uint64_t len;

    *ret_entry = (struct tiff_entry){.tag = tiff_get16(view, at),
                                     .type = tiff_get16(view, at + 2),
                                     .count = tiff_get32(view, at + 4)};
    if (ret_entry->type >= sizeof type_sizes || type_sizes[ret_entry->type] == 0)
        return err_set(err, ERR_FORMAT, "TIFF tag %u has the unknown type %u", ret_entry->tag,
                       ret_entry->type);
    len = (uint64_t)ret_entry->count * type_sizes[ret_entry->type];
    ret_entry->at = len <= 4 ? at + 8 : tiff_get32(view, at + 8);
    if (ret_entry->at > view->file.len || len > view->file.len - ret_entry->at)
        return err_set(err, ERR_FORMAT, "TIFF tag %u lies outside the file", ret_entry->tag);
    ret_entry->len = (size_t)len;
    return 0;
}

int tiff_directory_check(const struct tiff_view *view, const struct tiff_directory *directory,
                         struct err *err)
{
    for (unsigned i = 0; i < directory->entries; i++) {
        size_t type_at = directory->at + 2 + (size_t)i * ENTRY_BYTES + 2;
        struct tiff_entry entry;
        int rc;

        if (tiff_get16(view, type_at) >= sizeof type_sizes || tiff_get16(view, type_at) == 0)
            continue;
        rc = tiff_entry_read(view, directory, i, &entry, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

bool tiff_entry_find(const struct tiff_view *view, const struct tiff_directory *directory,
                     uint16_t tag, struct tiff_entry *ret_entry)
{
    for (unsigned i = 0; i < directory->entries; i++)
        if (tiff_get16(view, directory->at + 2 + (size_t)i * ENTRY_BYTES) == tag)
            return tiff_entry_read(view, directory, i, ret_entry, NULL) == 0;
    return false;
}

double tiff_entry_number(const struct tiff_view *view, const struct tiff_entry *entry, uint32_t i)
{
    size_t at;

    if (i >= entry->count)
        return 0;
    at = entry->at + (size_t)i * type_sizes[entry->type];
    if (entry->type == TYPE_BYTE)
        return view->file.at[at];
    if (entry->type == TYPE_SHORT)
        return tiff_get16(view, at);
    if (entry->type == TYPE_LONG)
        return tiff_get32(view, at);
    if (entry->type == TYPE_RATIONAL && tiff_get32(view, at + 4) != 0)
        return (double)tiff_get32(view, at) / tiff_get32(view, at + 4);
    return 0;
}
