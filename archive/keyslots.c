/*
 * Key slots: see keyslots.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "archive/keyslots.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/pack.h"
#include "base/digest.h"
#include "base/fault.h"
#include "base/file.h"
#include "base/scope.h"

enum { SLOT_MARK = 0x4b455931, CHECK_BYTES = 8, FILE_MODE = 0640 }; /* "KEY1" */

static const uint8_t zeros[SLOT_BYTES];

static int encode(const struct slot *slot, uint8_t ret_at[SLOT_BYTES])
{
    SCOPED(packer_free) struct packer row = {0};
    pack_u32(&row, SLOT_MARK);
    pack_u32(&row, (uint32_t)slot->kind);
    pack_u32(&row, slot->generation);
    pack_u64(&row, slot->id);
    pack_raw(&row, bytes_of(slot->wrapped, sizeof slot->wrapped));
    if (row.failed)
        return ERR_MEMORY;
    memset(ret_at, 0, SLOT_BYTES);
    memcpy(ret_at, row.buf.at, row.buf.len);
    struct digest check = digest_of(bytes_of(ret_at, SLOT_BYTES - CHECK_BYTES));
    memcpy(ret_at + SLOT_BYTES - CHECK_BYTES, check.at, CHECK_BYTES);
    return 0;
}

/* 1 living, 0 free, ERR_INTEGRITY damaged. */
static int decode(const uint8_t at[SLOT_BYTES], struct slot *ret_slot)
{
    if (memcmp(at, zeros, SLOT_BYTES) == 0)
        return 0;
    struct digest check = digest_of(bytes_of(at, SLOT_BYTES - CHECK_BYTES));
    struct unpacker row = {.left = bytes_of(at, SLOT_BYTES - CHECK_BYTES)};
    uint32_t mark = unpack_u32(&row);
    ret_slot->kind = (enum slot_kind)unpack_u32(&row);
    ret_slot->generation = unpack_u32(&row);
    ret_slot->id = unpack_u64(&row);
    unpack_raw(&row, ret_slot->wrapped, sizeof ret_slot->wrapped);
    bool good = mark == SLOT_MARK && !row.bad &&
                memcmp(check.at, at + SLOT_BYTES - CHECK_BYTES, CHECK_BYTES) == 0;
    return good ? 1 : ERR_INTEGRITY;
}

static int load(const char *path, struct buf *ret_file, struct err *err)
{
    int rc = file_read(path, (size_t)SLOTS_MAX * SLOT_BYTES, ret_file, err);
    return rc == ERR_NOT_FOUND ? 0 : rc;
}

/* Index of the living slot, or -1; *ret_free is the first free index. A slot that a crash left half
 * written counts as free: nothing was acknowledged that needs it. */
static int64_t index_of(const struct buf *file, const struct slot *wanted, int64_t *ret_free,
                        struct slot *ret_slot)
{
    int64_t count = (int64_t)(file->len / SLOT_BYTES);
    *ret_free = count;
    for (int64_t i = 0; i < count; i++) {
        int living = decode(file->at + i * SLOT_BYTES, ret_slot);
        if (living == 1 && ret_slot->kind == wanted->kind && ret_slot->id == wanted->id)
            return i;
        if (living == 0 && *ret_free == count)
            *ret_free = i;
    }
    return -1;
}

static int write_slot(const char *path, int64_t index, const uint8_t at[SLOT_BYTES],
                      struct err *err)
{
    SCOPED(scope_close) int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, FILE_MODE);
    if (fd < 0)
        return err_errno(err, errno, "%s", path);
    ssize_t put = pwrite(fd, at, SLOT_BYTES, index * SLOT_BYTES);
    if (put != SLOT_BYTES)
        return err_errno(err, put < 0 ? errno : ENOSPC, "%s: write slot %lld", path,
                         (long long)index);
    if (fdatasync(fd) < 0)
        return err_errno(err, errno, "%s: sync", path);
    return 0;
}

int keyslots_put(const char *path, const struct slot *slot, uint32_t *ret_index, struct err *err)
{
    SCOPED(buf_free) struct buf file = {0};
    int rc = load(path, &file, err);
    if (rc < 0)
        return rc;
    struct slot old;
    int64_t first_free, index = index_of(&file, slot, &first_free, &old);
    if (index < 0)
        index = first_free;
    if (index >= SLOTS_MAX)
        return err_set(err, ERR_LIMIT, "%s: %d keys, at most %d", path, SLOTS_MAX, SLOTS_MAX);
    uint8_t at[SLOT_BYTES];
    if (encode(slot, at) < 0)
        return err_set(err, ERR_MEMORY, "%s: no memory", path);
    int fault = fault_point("keys.slot.before_write");
    if (fault)
        return err_errno(err, fault, "%s: write", path);
    rc = write_slot(path, index, at, err);
    if (rc == 0 && file.len == 0)
        rc = file_sync_parent(path, err);
    fault_point("keys.slot.after_write");
    *ret_index = (uint32_t)index;
    return rc;
}

int keyslots_find(const char *path, enum slot_kind kind, uint64_t id, struct slot *ret_slot,
                  struct err *err)
{
    SCOPED(buf_free) struct buf file = {0};
    int rc = load(path, &file, err);
    if (rc < 0)
        return rc;
    int64_t first_free;
    struct slot wanted = {.kind = kind, .id = id};
    if (index_of(&file, &wanted, &first_free, ret_slot) < 0)
        return err_set(err, ERR_NOT_FOUND, "%s: no key of kind %d number %llu", path, (int)kind,
                       (unsigned long long)id);
    return 0;
}

int keyslots_zero(const char *path, enum slot_kind kind, uint64_t id, struct err *err)
{
    SCOPED(buf_free) struct buf file = {0};
    int rc = load(path, &file, err);
    if (rc < 0)
        return rc;
    int64_t first_free;
    struct slot wanted = {.kind = kind, .id = id}, found;
    int64_t index = index_of(&file, &wanted, &first_free, &found);
    if (index < 0)
        return 0;
    int fault = fault_point("keys.slot.before_zero");
    if (fault)
        return err_errno(err, fault, "%s: write", path);
    rc = write_slot(path, index, zeros, err);
    fault_point("keys.slot.after_zero");
    return rc;
}

int keyslots_walk(const char *path, int (*each)(void *to, const struct slot *slot), void *to,
                  struct err *err)
{
    SCOPED(buf_free) struct buf file = {0};
    int rc = load(path, &file, err);
    for (size_t at = 0; rc == 0 && at + SLOT_BYTES <= file.len; at += SLOT_BYTES) {
        struct slot slot;
        if (decode(file.at + at, &slot) == 1)
            rc = each(to, &slot);
    }
    return rc;
}

int keyslots_rewrite(const char *path, const char *into, int (*each)(void *to, struct slot *slot),
                     void *to, struct err *err)
{
    SCOPED(buf_free) struct buf file = {0};
    int rc = load(path, &file, err);
    for (size_t at = 0; rc == 0 && at + SLOT_BYTES <= file.len; at += SLOT_BYTES) {
        struct slot slot;
        if (decode(file.at + at, &slot) != 1)
            continue;
        rc = each(to, &slot);
        if (rc == 0 && encode(&slot, file.at + at) < 0)
            rc = err_set(err, ERR_MEMORY, "%s: no memory", path);
    }
    return rc < 0 ? rc : file_write(into, FILE_MODE, buf_view(&file), err);
}
