/*
 * Keys: see keys.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "archive/keys.h"

#include <assert.h>
#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "archive/keys_inside.h"
#include "archive/keys_rotate.h"
#include "base/fault.h"
#include "base/file.h"
#include "base/scope.h"

enum {
    KEY_FOLDER_MODE = 0750,
    KEY_FILE_MODE = 0400,
    OPEN_TO_OTHERS = 0027 /* nobody but owner and reading group */
};

static const char key_mark[] = "tripli tenant key 1\n";
static const char platform_mark[] = "tripli platform key\n";

enum { MARK_BYTES = sizeof key_mark - 1 };
static_assert(sizeof platform_mark == sizeof key_mark, "marks are of one size");

/* ---- paths ---- */

void keys_tenant_path(const struct keys *keys, const struct key_owner *owner, char ret[PATH_MAX])
{
    snprintf(ret, PATH_MAX, "%s/%s.%s.key", keys->key_dir, owner->tenant,
             compartment_name(owner->compartment));
}

void keys_slots_path(const struct keys *keys, const struct key_owner *owner, char ret[PATH_MAX])
{
    snprintf(ret, PATH_MAX, "%s/keys/%s.%s.keys", keys->data_dir, owner->tenant,
             compartment_name(owner->compartment));
}

void keys_intake_path(const struct keys *keys, char ret[PATH_MAX])
{
    snprintf(ret, PATH_MAX, "%s/keys/intake.keys", keys->data_dir);
}

struct db_key keys_slot_label(const struct key_owner *owner, enum slot_kind kind, uint64_t id)
{
    struct db_key label = {.len = 0};
    key_u8(key_text(&label, owner->tenant), (uint8_t)owner->compartment);
    key_u64(key_u32(&label, (uint32_t)kind), id);
    return label;
}

/* ---- opening ---- */

static bool lies_inside(const char *folder, const char *outer)
{
    char a[PATH_MAX], b[PATH_MAX];
    if (!realpath(folder, a) || !realpath(outer, b))
        return false;
    size_t len = strlen(b);
    return strncmp(a, b, len) == 0 && (a[len] == '/' || a[len] == '\0');
}

static int write_platform_key(struct keys *keys, const char *path, struct err *err)
{
    uint8_t public_key[crypto_sign_PUBLICKEYBYTES];
    uint8_t file[MARK_BYTES + crypto_sign_SECRETKEYBYTES];
    crypto_sign_keypair(public_key, keys->platform);
    memcpy(file, platform_mark, MARK_BYTES);
    memcpy(file + MARK_BYTES, keys->platform, crypto_sign_SECRETKEYBYTES);
    int rc = file_write(path, KEY_FILE_MODE, bytes_of(file, sizeof file), err);
    sodium_memzero(file, sizeof file);
    return rc;
}

static int read_platform_key(struct keys *keys, const char *path, struct err *err)
{
    struct buf file = {0};
    int rc = file_read(path, MARK_BYTES + crypto_sign_SECRETKEYBYTES, &file, err);
    if (rc == 0 && (file.len != MARK_BYTES + crypto_sign_SECRETKEYBYTES ||
                    memcmp(file.at, platform_mark, MARK_BYTES) != 0))
        rc = err_set(err, ERR_INTEGRITY, "%s: not a platform key", path);
    if (rc == 0)
        memcpy(keys->platform, file.at + MARK_BYTES, crypto_sign_SECRETKEYBYTES);
    if (file.at)
        sodium_memzero(file.at, file.len);
    buf_free(&file);
    return rc;
}

static int publish_platform_key(const struct keys *keys, struct err *err)
{
    char path[PATH_MAX], hex[DIGEST_HEX_SIZE], text[DIGEST_HEX_SIZE + 1];
    struct digest public_key;
    struct stat st;
    snprintf(path, sizeof path, "%s/platform.pub", keys->data_dir);
    if (stat(path, &st) == 0)
        return 0;
    crypto_sign_ed25519_sk_to_pk(public_key.at, keys->platform);
    snprintf(text, sizeof text, "%s\n", digest_hex(&public_key, hex));
    return file_write(path, 0644, bytes_of(text, strlen(text)), err);
}

static int open_platform_key(struct keys *keys, struct err *err)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/platform.key", keys->key_dir);
    keys->platform = sodium_malloc(crypto_sign_SECRETKEYBYTES);
    if (!keys->platform)
        return err_set(err, ERR_MEMORY, "%s: no locked memory", path);
    int rc = read_platform_key(keys, path, err);
    if (rc == ERR_NOT_FOUND)
        rc = write_platform_key(keys, path, err);
    return rc < 0 ? rc : publish_platform_key(keys, err);
}

static int open_folders(struct keys *keys, struct err *err)
{
    char slots[PATH_MAX];
    snprintf(slots, sizeof slots, "%s/keys", keys->data_dir);
    int rc = file_make_folders(slots, KEY_FOLDER_MODE, err);
    if (rc == 0)
        rc = file_make_folders(keys->key_dir, KEY_FOLDER_MODE, err);
    if (rc == 0 && lies_inside(keys->key_dir, keys->data_dir))
        rc = err_set(err, ERR_CONFIG, "%s: the key folder lies inside the data folder %s",
                     keys->key_dir, keys->data_dir);
    return rc < 0 ? rc : open_platform_key(keys, err);
}

int keys_open(const struct keys_params *params, struct keys **ret_keys, struct err *err)
{
    struct keys *keys = calloc(1, sizeof *keys);
    if (!keys)
        return err_set(err, ERR_MEMORY, "keys: no memory");
    keys->writer = params->writer;
    snprintf(keys->data_dir, sizeof keys->data_dir, "%s", params->data_dir);
    snprintf(keys->key_dir, sizeof keys->key_dir, "%s", params->key_dir);
    int rc = params->writer ? open_folders(keys, err) : 0;
    if (rc == 0 && params->writer)
        rc = keys_rotate_resume(keys, err);
    if (rc < 0) {
        keys_free(&keys);
        return rc;
    }
    *ret_keys = keys;
    return 0;
}

void keys_free(struct keys **keys)
{
    if (!keys || !*keys)
        return;
    for (int i = 0; i < (*keys)->count; i++) {
        seal_key_free(&(*keys)->owners[i].wrap);
        seal_key_free(&(*keys)->owners[i].search);
    }
    sodium_free((*keys)->platform);
    free(*keys);
    *keys = NULL;
}

/* ---- tenant keys ---- */

void keys_encode_tenant(const struct owner_keys *owner, uint8_t ret_file[KEY_FILE_BYTES])
{
    memset(ret_file, 0, KEY_FILE_BYTES);
    memcpy(ret_file, key_mark, MARK_BYTES);
    uint8_t *at = ret_file + MARK_BYTES;
    for (int i = 0; i < 4; i++)
        *at++ = (uint8_t)(owner->generation >> (24 - 8 * i));
    memcpy(at, owner->tenant, 3);
    at[3] = (uint8_t)owner->compartment;
    memcpy(at + 4, owner->wrap->at, SEAL_KEY_BYTES);
}

static bool decode_key_file(const struct buf *file, struct owner_keys *owner)
{
    if (file->len != KEY_FILE_BYTES || memcmp(file->at, key_mark, MARK_BYTES) != 0)
        return false;
    struct unpacker from = {.left = bytes_of(file->at + MARK_BYTES, KEY_FILE_BYTES - MARK_BYTES)};
    char tenant[3];
    owner->generation = unpack_u32(&from);
    unpack_raw(&from, tenant, sizeof tenant);
    uint8_t compartment = unpack_u8(&from);
    unpack_raw(&from, owner->wrap->at, SEAL_KEY_BYTES);
    return memcmp(tenant, owner->tenant, 3) == 0 && compartment == owner->compartment;
}

static int check_mode(const char *path, struct err *err)
{
    struct stat st;
    if (stat(path, &st) < 0)
        return errno == ENOENT ? ERR_NOT_FOUND : err_errno(err, errno, "%s", path);
    if (st.st_mode & OPEN_TO_OTHERS)
        return err_set(err, ERR_DENIED, "%s: mode %03o, must be 0400 (0440 for a group of readers)",
                       path, (unsigned)st.st_mode & 0777u);
    return 0;
}

int keys_read_tenant(const char *path, struct owner_keys *owner, struct err *err)
{
    int rc = check_mode(path, err);
    if (rc < 0)
        return rc;
    struct buf file = {0};
    rc = file_read(path, KEY_FILE_BYTES, &file, err);
    if (rc == 0 && !decode_key_file(&file, owner))
        rc = err_set(err, ERR_INTEGRITY, "%s: not the key of tenant %s, %s", path, owner->tenant,
                     compartment_name(owner->compartment));
    if (file.at)
        sodium_memzero(file.at, file.len);
    buf_free(&file);
    return rc;
}

bool keys_wraps(const struct keys *keys, const struct key_owner *owner)
{
    char slots[PATH_MAX];
    struct stat st;
    keys_slots_path(keys, owner, slots);
    return stat(slots, &st) == 0;
}

static int make_key_file(const struct keys *keys, const char *path, struct owner_keys *owner,
                         struct err *err)
{
    char slots[PATH_MAX];
    struct stat st;
    keys_slots_path(keys, &(struct key_owner){owner->tenant, owner->compartment}, slots);
    if (!keys->writer)
        return err_set(err, ERR_DENIED, "%s: no such key file", path);
    if (stat(slots, &st) == 0)
        return err_set(err, ERR_DENIED, "%s: missing, and %s needs it; restore it from its backup",
                       path, slots);
    uint8_t file[KEY_FILE_BYTES];
    owner->generation = 1;
    keys_encode_tenant(owner, file);
    fault_point("keys.tenant.before_write");
    int rc = file_write(path, KEY_FILE_MODE, bytes_of(file, sizeof file), err);
    fault_point("keys.tenant.after_write");
    sodium_memzero(file, sizeof file);
    return rc;
}

static int load_owner(struct keys *keys, const struct key_owner *wanted, struct owner_keys *ret,
                      struct err *err)
{
    char path[PATH_MAX];
    keys_tenant_path(keys, wanted, path);
    struct owner_keys owner = {.compartment = wanted->compartment, .wrap = seal_key_new()};
    snprintf(owner.tenant, sizeof owner.tenant, "%s", wanted->tenant);
    if (!owner.wrap)
        return err_set(err, ERR_MEMORY, "%s: no locked memory", path);
    int rc = keys_read_tenant(path, &owner, err);
    if (rc == ERR_NOT_FOUND)
        rc = make_key_file(keys, path, &owner, err);
    if (rc < 0)
        seal_key_free(&owner.wrap);
    *ret = owner;
    return rc;
}

int keys_owner(struct keys *keys, const struct key_owner *wanted, struct owner_keys **ret,
               struct err *err)
{
    for (int i = 0; i < keys->count; i++) {
        *ret = &keys->owners[i];
        if (strcmp((*ret)->tenant, wanted->tenant) == 0 &&
            (*ret)->compartment == wanted->compartment)
            return 0;
    }
    if (keys->count == KEY_OWNERS_MAX)
        return err_set(err, ERR_LIMIT, "keys: %d compartments, at most %d", KEY_OWNERS_MAX,
                       KEY_OWNERS_MAX);
    *ret = &keys->owners[keys->count];
    int rc = load_owner(keys, wanted, *ret, err);
    if (rc == 0)
        keys->count++;
    return rc;
}

int keys_check(struct keys *keys, const struct key_owner *owner, struct err *err)
{
    struct owner_keys *found;
    return keys_owner(keys, owner, &found, err);
}

/* ---- wrapped keys ---- */

struct slot_place {
    const char *path;
    struct key_owner owner;
    enum slot_kind kind;
    uint64_t id;
};

/* A key that was changed since it was read is read again. */
static int follow_generation(const struct keys *keys, const struct slot_place *place,
                             uint32_t generation, struct owner_keys *owner, struct err *err)
{
    char path[PATH_MAX];
    if (owner->generation == generation)
        return 0;
    struct owner_keys now = {.compartment = owner->compartment, .wrap = seal_key_new()};
    memcpy(now.tenant, owner->tenant, sizeof now.tenant);
    keys_tenant_path(keys, &place->owner, path);
    int rc = now.wrap ? keys_read_tenant(path, &now, err)
                      : err_set(err, ERR_MEMORY, "%s: no locked memory", path);
    if (rc == 0 && now.generation != generation)
        rc = err_set(err, ERR_DENIED,
                     "%s: a key of generation %u, and key %llu of %.150s is wrapped by generation "
                     "%u: try again, or restore the key folder's backup from then",
                     path, now.generation, (unsigned long long)place->id, place->path, generation);
    if (rc < 0) {
        seal_key_free(&now.wrap);
        return rc;
    }
    seal_key_free(&owner->wrap);
    owner->wrap = now.wrap;
    owner->generation = generation;
    return 0;
}

static int unwrap(struct keys *keys, const struct slot_place *place, struct seal_key **ret_key,
                  struct err *err)
{
    struct owner_keys *owner;
    struct slot slot;
    int rc = keys_owner(keys, &place->owner, &owner, err);
    if (rc == 0)
        rc = keyslots_find(place->path, place->kind, place->id, &slot, err);
    if (rc == 0)
        rc = follow_generation(keys, place, slot.generation, owner, err);
    if (rc < 0)
        return rc;
    struct db_key label = keys_slot_label(&place->owner, place->kind, place->id);
    struct buf plain = {0};
    rc = seal_open(owner->wrap, key_view(&label), bytes_of(slot.wrapped, sizeof slot.wrapped),
                   &plain);
    struct seal_key *key = rc == 0 && plain.len == SEAL_KEY_BYTES ? seal_key_new() : NULL;
    if (key)
        memcpy(key->at, plain.at, SEAL_KEY_BYTES);
    if (plain.at)
        sodium_memzero(plain.at, plain.len);
    buf_free(&plain);
    if (!key)
        return err_set(err, rc < 0 ? rc : ERR_MEMORY,
                       "%s: key %llu does not open with the key of tenant %s, %s", place->path,
                       (unsigned long long)place->id, place->owner.tenant,
                       compartment_name(place->owner.compartment));
    *ret_key = key;
    return 0;
}

/* Slots that a failed change would write over from what it had read are left alone. */
static int check_whole(const struct keys *keys, struct err *err)
{
    return keys->half_turned
               ? err_set(err, ERR_UNAVAILABLE, "%s: a change of keys is not finished: start again",
                         keys->key_dir)
               : 0;
}

static int make(struct keys *keys, const struct slot_place *place, struct err *err)
{
    struct owner_keys *owner;
    int rc = check_whole(keys, err);
    if (rc == 0)
        rc = keys_owner(keys, &place->owner, &owner, err);
    if (rc < 0)
        return rc;
    struct slot slot = {place->kind, owner->generation, place->id, {0}};
    struct db_key label = keys_slot_label(&place->owner, place->kind, place->id);
    struct seal_key *key = seal_key_new();
    struct buf sealed = {0};
    rc = key ? seal_close(owner->wrap, key_view(&label), bytes_of(key->at, sizeof key->at), &sealed)
             : ERR_MEMORY;
    seal_key_free(&key);
    if (rc < 0)
        return err_set(err, rc, "%s: no memory for a key", place->path);
    memcpy(slot.wrapped, sealed.at, sizeof slot.wrapped);
    buf_free(&sealed);
    uint32_t index;
    return keyslots_put(place->path, &slot, &index, err);
}

int keys_search(struct keys *keys, const struct key_owner *owner, const struct seal_key **ret_key,
                struct err *err)
{
    char path[PATH_MAX];
    struct owner_keys *found;
    int rc = keys_owner(keys, owner, &found, err);
    if (rc < 0)
        return rc;
    keys_slots_path(keys, owner, path);
    const struct slot_place place = {path, *owner, SLOT_SEARCH, 0};
    if (!found->search)
        rc = unwrap(keys, &place, &found->search, err);
    if (rc == ERR_NOT_FOUND && keys->writer) {
        rc = make(keys, &place, err);
        if (rc == 0)
            rc = unwrap(keys, &place, &found->search, err);
    }
    *ret_key = found->search;
    return rc;
}

int keys_make_box(struct keys *keys, const struct key_owner *owner, uint32_t box, struct err *err)
{
    char path[PATH_MAX];
    keys_slots_path(keys, owner, path);
    return make(keys, &(struct slot_place){path, *owner, SLOT_BOX, box}, err);
}

int keys_open_box(struct keys *keys, const struct key_owner *owner, uint32_t box,
                  struct seal_key **ret_key, struct err *err)
{
    char path[PATH_MAX];
    keys_slots_path(keys, owner, path);
    return unwrap(keys, &(struct slot_place){path, *owner, SLOT_BOX, box}, ret_key, err);
}

int keys_zero_box(struct keys *keys, const struct key_owner *owner, uint32_t box, struct err *err)
{
    char path[PATH_MAX];
    keys_slots_path(keys, owner, path);
    int rc = check_whole(keys, err);
    return rc < 0 ? rc : keyslots_zero(path, SLOT_BOX, box, err);
}

struct zeroing {
    const char *path;
    uint64_t bound; /* last box, or day */
    struct err *err;
};

static int zero_if_after(void *to, const struct slot *slot)
{
    const struct zeroing *zeroing = to;
    if (slot->kind != SLOT_BOX || slot->id <= zeroing->bound)
        return 0;
    return keyslots_zero(zeroing->path, SLOT_BOX, slot->id, zeroing->err);
}

int keys_zero_boxes_after(struct keys *keys, const struct key_owner *owner, uint32_t last,
                          struct err *err)
{
    char path[PATH_MAX];
    keys_slots_path(keys, owner, path);
    struct zeroing zeroing = {path, last, err};
    int rc = check_whole(keys, err);
    return rc < 0 ? rc : keyslots_walk(path, zero_if_after, &zeroing, err);
}

/* ---- intake days: id = day as a number × 1000 + tenant ---- */

static uint64_t day_number(struct day day)
{
    return (uint64_t)(day.year * 10000 + day.month * 100 + day.day);
}

int keys_open_intake(struct keys *keys, struct day day, const char *tenant,
                     struct seal_key **ret_key, struct err *err)
{
    char path[PATH_MAX];
    keys_intake_path(keys, path);
    const struct slot_place place = {path,
                                     {tenant, COMPARTMENT_MEDICAL},
                                     SLOT_INTAKE,
                                     day_number(day) * 1000 + (uint64_t)atoi(tenant)};
    int rc = unwrap(keys, &place, ret_key, err);
    if (rc == ERR_NOT_FOUND && keys->writer) {
        rc = make(keys, &place, err);
        if (rc == 0)
            rc = unwrap(keys, &place, ret_key, err);
    }
    return rc;
}

static int zero_if_of_day(void *to, const struct slot *slot)
{
    const struct zeroing *zeroing = to;
    if (slot->kind != SLOT_INTAKE || slot->id / 1000 != zeroing->bound)
        return 0;
    return keyslots_zero(zeroing->path, SLOT_INTAKE, slot->id, zeroing->err);
}

int keys_zero_intake(struct keys *keys, struct day day, struct err *err)
{
    char path[PATH_MAX];
    keys_intake_path(keys, path);
    struct zeroing zeroing = {path, day_number(day), err};
    int rc = check_whole(keys, err);
    return rc < 0 ? rc : keyslots_walk(path, zero_if_of_day, &zeroing, err);
}

struct day_walk {
    int (*each)(void *to, struct day day);
    void *to;
};

static int tell_day(void *to, const struct slot *slot)
{
    const struct day_walk *walk = to;
    uint64_t number = slot->id / 1000;
    struct day day = {(int16_t)(number / 10000 % 10000), (int8_t)(number / 100 % 100),
                      (int8_t)(number % 100)};
    return slot->kind == SLOT_INTAKE && day_is_valid(day) ? walk->each(walk->to, day) : 0;
}

int keys_walk_intake(struct keys *keys, int (*each)(void *to, struct day day), void *to,
                     struct err *err)
{
    char path[PATH_MAX];
    keys_intake_path(keys, path);
    struct day_walk walk = {each, to};
    return keyslots_walk(path, tell_day, &walk, err);
}

int keys_sign(struct keys *keys, struct bytes message, uint8_t ret_signature[SIGNATURE_BYTES],
              struct err *err)
{
    if (!keys->platform)
        return err_set(err, ERR_DENIED, "%s/platform.key: only the writer signs", keys->key_dir);
    crypto_sign_detached(ret_signature, NULL, message.at, message.len, keys->platform);
    return 0;
}
