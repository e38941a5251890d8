/*
 * Changing tenant keys: see keys_rotate.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "archive/keys_rotate.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/file_copy.h"
#include "archive/keys_inside.h"
#include "archive/store.h"
#include "base/fault.h"
#include "base/file.h"
#include "base/log.h"
#include "base/scope.h"

enum {
    PATHS = 2,
    FILE_LIMIT = SLOTS_MAX * SLOT_BYTES,
    OWNER_MAY_WRITE = 0600,
    OWNER_MAY_READ = 0400
};

static const char ending[] = ".key.next";

/* Whose key, and where everything lies. */
struct turning {
    struct key_owner owner;
    char key[PATH_MAX], key_next[PATH_MAX];
    int count; /* of files of slots that are there: the owner's, and intake's of a medical key */
    char slots[PATHS][PATH_MAX], slots_next[PATHS][PATH_MAX];
};

static void set_paths(const struct keys *keys, const struct key_owner *owner,
                      struct turning *turning)
{
    struct stat st;
    *turning = (struct turning){.owner = *owner};
    keys_tenant_path(keys, owner, turning->key);
    snprintf(turning->key_next, PATH_MAX, "%.4000s.next", turning->key);
    keys_slots_path(keys, owner, turning->slots[0]);
    turning->count = stat(turning->slots[0], &st) == 0;
    keys_intake_path(keys, turning->slots[turning->count]);
    if (owner->compartment == COMPARTMENT_MEDICAL)
        turning->count += stat(turning->slots[turning->count], &st) == 0;
    for (int i = 0; i < turning->count; i++)
        snprintf(turning->slots_next[i], PATH_MAX, "%.4000s.next", turning->slots[i]);
}

/* ---- files in place ---- */

/* Over what stands there, within the same blocks, and synced; the file's mode stays. */
static int write_over(const char *path, struct bytes data, struct err *err)
{
    struct stat st;
    if (stat(path, &st) < 0 || chmod(path, OWNER_MAY_WRITE) < 0)
        return err_errno(err, errno, "%s", path);
    SCOPED(scope_close) int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return err_errno(err, errno, "%s", path);
    int rc = file_write_all(fd, data, path, err);
    if (rc == 0 && (fsync(fd) < 0 || fchmod(fd, st.st_mode & 07777) < 0))
        rc = err_errno(err, errno, "%s: sync", path);
    return rc;
}

/* Zeroed in place, then removed; a missing one is fine. */
static int destroy_file(const char *path, struct err *err)
{
    struct stat st;
    if (lstat(path, &st) < 0)
        return errno == ENOENT ? 0 : err_errno(err, errno, "%s", path);
    SCOPED(buf_free) struct buf zeros = {0};
    if (buf_reserve(&zeros, (size_t)st.st_size + 1) < 0)
        return err_set(err, ERR_MEMORY, "%s: no memory", path);
    memset(zeros.at, 0, (size_t)st.st_size);
    int rc = write_over(path, bytes_of(zeros.at, (size_t)st.st_size), err);
    if (rc == 0 && unlink(path) < 0)
        rc = err_errno(err, errno, "%s: remove", path);
    return rc;
}

static int destroy_part_too(const char *path, struct err *err)
{
    char part[PATH_MAX];
    snprintf(part, sizeof part, "%.4000s.part", path);
    int rc = destroy_file(part, err);
    return rc < 0 ? rc : destroy_file(path, err);
}

static int destroy_slots_next(const struct turning *turning, struct err *err)
{
    int rc = 0;
    for (int i = 0; rc == 0 && i < turning->count; i++)
        rc = destroy_part_too(turning->slots_next[i], err);
    return rc;
}

/* Nothing was written over yet: the old key goes on. */
static int take_back(const struct turning *turning, struct err *err)
{
    int rc = destroy_slots_next(turning, err);
    return rc < 0 ? rc : destroy_part_too(turning->key_next, err);
}

/* ---- wrapping anew ---- */

struct rewrapping {
    const struct key_owner *owner;
    const struct owner_keys *old, *next;
    const char *path;
    uint32_t count;
    struct err *err;
};

static int rewrap(void *to, struct slot *slot)
{
    struct rewrapping *rewrapping = to;
    const struct key_owner *owner = rewrapping->owner;
    if (slot->kind == SLOT_INTAKE && slot->id % 1000 != (uint64_t)atoi(owner->tenant))
        return 0;
    struct buf plain = {0}, sealed = {0};
    const struct db_key label = keys_slot_label(owner, slot->kind, slot->id);
    int rc = seal_open(rewrapping->old->wrap, key_view(&label),
                       bytes_of(slot->wrapped, sizeof slot->wrapped), &plain);
    if (rc == 0)
        rc = seal_close(rewrapping->next->wrap, key_view(&label), buf_view(&plain), &sealed);
    if (rc == 0 && sealed.len == sizeof slot->wrapped) {
        memcpy(slot->wrapped, sealed.at, sizeof slot->wrapped);
        slot->generation = rewrapping->next->generation;
        rewrapping->count++;
    }
    if (plain.at)
        sodium_memzero(plain.at, plain.len);
    buf_free(&plain);
    buf_free(&sealed);
    return rc == 0 ? 0
                   : err_set(rewrapping->err, rc,
                             "%.200s: key %llu does not open with the key of tenant %s, %s",
                             rewrapping->path, (unsigned long long)slot->id, owner->tenant,
                             compartment_name(owner->compartment));
}

static int write_slots_next(const struct turning *turning, struct rewrapping *rewrapping,
                            struct err *err)
{
    int rc = 0;
    for (int i = 0; rc == 0 && i < turning->count; i++) {
        rewrapping->path = turning->slots[i];
        rc = keyslots_rewrite(turning->slots[i], turning->slots_next[i], rewrap, rewrapping, err);
    }
    return rc;
}

static int put_in_place(const char *from, const char *into, struct err *err)
{
    SCOPED(buf_free) struct buf file = {0};
    int rc = file_read(from, FILE_LIMIT, &file, err);
    if (rc == 0)
        rc = write_over(into, buf_view(&file), err);
    if (file.at)
        sodium_memzero(file.at, file.len);
    return rc;
}

/* Steps 3 to 5, any number of times. What is written over was taken before: from here on no key may
 * be made or zeroed in this process until it is done. */
static int finish(struct keys *keys, const struct turning *turning, struct err *err)
{
    int rc = 0;
    keys->half_turned = true;
    for (int i = 0; rc == 0 && i < turning->count; i++)
        rc = put_in_place(turning->slots_next[i], turning->slots[i], err);
    fault_point("keys.turn.before_key");
    if (rc == 0)
        rc = put_in_place(turning->key_next, turning->key, err);
    fault_point("keys.turn.after_key");
    if (rc == 0)
        rc = destroy_slots_next(turning, err);
    keys->half_turned = rc < 0;
    return rc;
}

/* Who copies keys meanwhile waits. */
static int latch_slots(const struct keys *keys, struct err *err)
{
    char folder[PATH_MAX];
    snprintf(folder, sizeof folder, "%s/keys", keys->data_dir);
    return store_latch(folder, true, err);
}

static int make_next(const struct turning *turning, const struct owner_keys *old,
                     struct owner_keys *next, struct err *err)
{
    uint8_t file[KEY_FILE_BYTES];
    struct stat st;
    next->generation = old->generation + 1;
    keys_encode_tenant(next, file);
    int rc = stat(turning->key, &st) == 0 ? 0 : err_errno(err, errno, "%s", turning->key);
    if (rc == 0)
        rc = file_write(turning->key_next, st.st_mode & 0440, bytes_of(file, sizeof file), err);
    sodium_memzero(file, sizeof file);
    if (rc == 0 && chown(turning->key_next, st.st_uid, st.st_gid) < 0)
        log_warn("%s: its owner cannot be set; the key keeps its own", turning->key_next);
    return rc;
}

/* The new key, unless step 3 cannot be reached: then all is as before. */
static int begin(const struct turning *turning, const struct owner_keys *old,
                 struct owner_keys *next, uint32_t *ret_count, struct err *err)
{
    struct rewrapping rewrapping = {&turning->owner, old, next, NULL, 0, err};
    struct err why = {0};
    int rc = make_next(turning, old, next, err);
    if (rc == 0)
        rc = write_slots_next(turning, &rewrapping, err);
    *ret_count = rewrapping.count;
    if (rc < 0 && take_back(turning, &why) < 0)
        log_error("%s", why.text);
    return rc;
}

static struct owner_keys room_for(const struct key_owner *owner)
{
    struct owner_keys room = {.compartment = owner->compartment, .wrap = seal_key_new()};
    snprintf(room.tenant, sizeof room.tenant, "%s", owner->tenant);
    return room;
}

static int turn(struct keys *keys, const struct turning *turning, struct rotation *ret_rotation,
                struct err *err)
{
    struct owner_keys *old, next = room_for(&turning->owner);
    int rc = next.wrap ? keys_owner(keys, &turning->owner, &old, err)
                       : err_set(err, ERR_MEMORY, "keys: no locked memory");
    SCOPED(scope_close) int latch = rc == 0 ? latch_slots(keys, err) : rc;
    rc = latch < 0 ? latch : begin(turning, old, &next, &ret_rotation->rewrapped, err);
    fault_point("keys.turn.before_slots");
    if (rc == 0)
        rc = finish(keys, turning, err);
    if (rc < 0) {
        seal_key_free(&next.wrap);
        return rc;
    }
    seal_key_free(&old->wrap);
    old->wrap = next.wrap;
    old->generation = ret_rotation->generation = next.generation;
    return 1;
}

int keys_rotate(struct keys *keys, const struct key_owner *owner, struct rotation *ret_rotation,
                struct err *err)
{
    struct turning turning;
    struct stat st;
    *ret_rotation = (struct rotation){.owner = *owner};
    if (!keys->writer || keys->half_turned)
        return err_set(err, ERR_DENIED, "keys: only a writer that is whole changes them");
    set_paths(keys, owner, &turning);
    return stat(turning.key, &st) < 0 ? 0 : turn(keys, &turning, ret_rotation, err);
}

int keys_rotate_end(const struct keys *keys, const struct key_owner *owner, struct err *err)
{
    struct turning turning;
    set_paths(keys, owner, &turning);
    int rc = destroy_part_too(turning.key_next, err);
    return rc < 0 ? rc : file_sync_folder(keys->key_dir, err);
}

/* ---- to other readers ---- */

int keys_hand_to(struct keys *keys, const struct key_owner *owner, const struct key_owner *like,
                 struct err *err)
{
    char path[PATH_MAX], other[PATH_MAX];
    struct stat st;
    keys_tenant_path(keys, owner, path);
    keys_tenant_path(keys, like, other);
    if (stat(path, &st) < 0)
        return errno == ENOENT ? 0 : err_errno(err, errno, "%s", path);
    int rc = keys_check(keys, like, err);
    if (rc == 0 && stat(other, &st) < 0)
        rc = err_errno(err, errno, "%s", other);
    if (rc == 0 && chmod(path, OWNER_MAY_READ) < 0)
        rc = err_errno(err, errno, "%s", path);
    if (rc < 0)
        return rc;
    if (chown(path, st.st_uid, st.st_gid) < 0) {
        log_warn("%s: cannot be given to group %u as %s; its own account alone reads it", path,
                 (unsigned)st.st_gid, other);
        return 1;
    }
    return chmod(path, st.st_mode & 0440) < 0 ? err_errno(err, errno, "%s", path) : 1;
}

/* ---- after a crash ---- */

static bool all_are_there(const struct turning *turning)
{
    struct stat st;
    for (int i = 0; i < turning->count; i++)
        if (stat(turning->slots_next[i], &st) < 0)
            return false;
    return true;
}

/* The generations in the two key files; 0: it is no key. */
static void read_generations(const struct turning *turning, uint32_t *ret_now, uint32_t *ret_next)
{
    struct owner_keys now = room_for(&turning->owner), next = room_for(&turning->owner);
    *ret_now = *ret_next = 0;
    if (now.wrap && keys_read_tenant(turning->key, &now, NULL) == 0)
        *ret_now = now.generation;
    if (next.wrap && keys_read_tenant(turning->key_next, &next, NULL) == 0)
        *ret_next = next.generation;
    seal_key_free(&now.wrap);
    seal_key_free(&next.wrap);
}

static int resume(struct keys *keys, const struct key_owner *owner, struct err *err)
{
    struct turning turning;
    uint32_t now, next;
    set_paths(keys, owner, &turning);
    read_generations(&turning, &now, &next);
    if (next == 0) /* zeroed, or never whole */
        return take_back(&turning, err);
    if (now == next)
        return destroy_slots_next(&turning, err);
    return all_are_there(&turning) ? finish(keys, &turning, err) : take_back(&turning, err);
}

struct found_owners {
    int count;
    struct {
        char tenant[TENANT_TEXT_SIZE];
        enum compartment compartment;
    } at[KEY_OWNERS_MAX];
};

/* "061.admin.key.next", and what is left of one with ".part" behind. */
static int note_owner(void *to, const char *name)
{
    struct found_owners *found = to;
    char tenant[TENANT_TEXT_SIZE], compartment[16], rest[32];
    if (sscanf(name, "%3[0-9].%15[a-z]%31s", tenant, compartment, rest) != 3 ||
        strncmp(rest, ending, sizeof ending - 1) != 0 || found->count == KEY_OWNERS_MAX)
        return 0;
    const bool medical = strcmp(compartment, compartment_name(COMPARTMENT_MEDICAL)) == 0;
    memcpy(found->at[found->count].tenant, tenant, sizeof tenant);
    found->at[found->count++].compartment = medical ? COMPARTMENT_MEDICAL : COMPARTMENT_ADMIN;
    return 0;
}

int keys_rotate_resume(struct keys *keys, struct err *err)
{
    struct found_owners found = {.count = 0};
    int rc = folder_each(keys->key_dir, note_owner, &found, err);
    for (int i = 0; rc == 0 && i < found.count; i++)
        rc = resume(keys, &(struct key_owner){found.at[i].tenant, found.at[i].compartment}, err);
    return rc;
}

int keys_rotate_pending(struct keys *keys, int (*each)(void *to, const struct rotation *rotation),
                        void *to, struct err *err)
{
    struct found_owners found = {.count = 0};
    int rc = folder_each(keys->key_dir, note_owner, &found, err);
    for (int i = 0; rc == 0 && i < found.count; i++) {
        struct rotation rotation = {.owner = {found.at[i].tenant, found.at[i].compartment}};
        struct owner_keys *owner;
        rc = keys_owner(keys, &rotation.owner, &owner, err);
        if (rc == 0) {
            rotation.generation = owner->generation;
            rc = each(to, &rotation);
        }
    }
    return rc;
}
