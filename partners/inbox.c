/*
 * The inbox as the gateway writes it: see inbox.h. What is in memory is a copy of what lies on the
 * disk, and may be dropped at any time.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "partners/inbox.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/scope.h"
#include "partners/inbox_queue.h"
#include "partners/left_places.h"
#include "partners/spool_group.h"

enum { SMALL_FILE_BYTES = 256 };

struct upload {
    char tenant[MANIFEST_TENANT_SIZE], uuid[MANIFEST_UUID_SIZE];
    struct inbox_manifest announced;
    struct inbox_standing standing;
    struct manifest manifest; /* from INBOX_FILES on */
    struct spool *spool;      /* NULL before the first chunk and once it is queued */
    uint64_t used_at;
    bool gathering; /* something was written that no sync covers yet */
    bool syncing;   /* the sync that was begun covers something */
    bool ended;     /* its last chunk was written */
};

struct inbox {
    char root[INBOX_PATH_SIZE / 2];
    uint64_t reserve_bytes;
    struct spool_public key;
    struct upload *uploads[INBOX_OPEN_MAX];
    uint64_t turn;
    struct spool_group *group; /* what was written and is not durable */
    uint64_t round;            /* of what gathers; a sync that is begun ends one */
    uint64_t failed_round;     /* of this one and those before nothing counts … */
    struct err failed;         /* … for this reason */
    struct left_places left;   /* of batches that lost their place in memory */
};

const char *inbox_phase_name(enum inbox_phase phase)
{
    static const char *const names[] = {"manifest", "files", "queued", "done"};
    return names[phase];
}

static void upload_free(struct upload **upload)
{
    if (!upload || !*upload)
        return;
    spool_free(&(*upload)->spool);
    manifest_clear(&(*upload)->manifest);
    free(*upload);
    *upload = NULL;
}

static int read_hub_key(struct inbox *inbox, struct err *err)
{
    char path[INBOX_PATH_SIZE], hex[DIGEST_HEX_SIZE] = "";
    struct digest key;
    SCOPED(buf_free) struct buf file = {0};
    snprintf(path, sizeof path, "%s/hub.pub", inbox->root);
    int rc = file_read(path, SMALL_FILE_BYTES, &file, err);
    if (rc < 0)
        return rc;
    if (file.len == DIGEST_HEX_SIZE)
        memcpy(hex, file.at, DIGEST_HEX_SIZE - 1);
    if (digest_parse(hex, &key) < 0)
        return err_set(err, ERR_FORMAT, "%s: not a public key of 64 hex digits", path);
    memcpy(inbox->key.at, key.at, SPOOL_KEY_BYTES);
    return 0;
}

int inbox_open(const struct inbox_params *params, struct inbox **ret_inbox, struct err *err)
{
    char queue[INBOX_PATH_SIZE];
    SCOPED(inbox_free) struct inbox *inbox = calloc(1, sizeof *inbox);
    if (!inbox)
        return err_set(err, ERR_MEMORY, "inbox: no memory");
    if (strlen(params->root) >= sizeof inbox->root)
        return err_set(err, ERR_LIMIT, "%.60s…: path of %zu bytes, at most %zu", params->root,
                       strlen(params->root), sizeof inbox->root - 1);
    memcpy(inbox->root, params->root, strlen(params->root) + 1);
    inbox->reserve_bytes = params->reserve_bytes;
    inbox->round = 1;
    snprintf(queue, sizeof queue, "%s/queue", inbox->root);
    int rc = file_make_folders(queue, 0700, err);
    if (rc == 0)
        rc = read_hub_key(inbox, err);
    if (rc == 0)
        rc = spool_group_open(inbox->root, &inbox->group, err);
    if (rc < 0)
        return rc;
    *ret_inbox = inbox;
    inbox = NULL;
    return 0;
}

void inbox_free(struct inbox **inbox)
{
    if (!inbox || !*inbox)
        return;
    spool_group_free(&(*inbox)->group);
    for (int i = 0; i < INBOX_OPEN_MAX; i++)
        upload_free(&(*inbox)->uploads[i]);
    free(*inbox);
    *inbox = NULL;
}

/* ---- finding a batch again ---- */

static struct inbox_batch batch_of(const struct upload *upload)
{
    return (struct inbox_batch){upload->tenant, upload->uuid};
}

static void path_of(const struct inbox *inbox, const struct upload *upload, const char *name,
                    char ret_path[INBOX_PATH_SIZE])
{
    const struct inbox_batch batch = batch_of(upload);
    inbox_path(inbox->root, &batch, name, ret_path);
}

static bool is_there(const struct inbox *inbox, const struct upload *upload, const char *name)
{
    char path[INBOX_PATH_SIZE];
    path_of(inbox, upload, name, path);
    return access(path, F_OK) == 0;
}

static int read_opened(const struct inbox *inbox, struct upload *upload, struct err *err)
{
    char path[INBOX_PATH_SIZE], hex[DIGEST_HEX_SIZE] = "";
    SCOPED(buf_free) struct buf file = {0};
    path_of(inbox, upload, "opened", path);
    int rc = file_read(path, SMALL_FILE_BYTES, &file, err);
    if (rc == ERR_NOT_FOUND)
        return err_set(err, rc, "batch %.8s…: not announced", upload->uuid);
    if (rc == 0 && buf_append(&file, bytes_of("", 1)) < 0)
        rc = err_set(err, ERR_MEMORY, "%s: no memory", path);
    if (rc < 0)
        return rc;
    if (sscanf((const char *)file.at, "%64s %u", hex, &upload->announced.bytes) != 2 ||
        digest_parse(hex, &upload->announced.digest) < 0)
        return err_set(err, ERR_FORMAT, "%s: not what was announced of a batch", path);
    return 0;
}

static bool is_queued(const struct inbox *inbox, const struct upload *upload)
{
    char path[INBOX_PATH_SIZE];
    const struct inbox_batch batch = batch_of(upload);
    inbox_queue_path(inbox->root, &batch, path);
    return access(path, F_OK) == 0;
}

static int enqueue(const struct inbox *inbox, struct upload *upload, struct err *err)
{
    int rc = inbox_enqueue(inbox->root, &upload->manifest, err);
    if (rc < 0)
        return rc;
    upload->ended = false;
    spool_free(&upload->spool);
    manifest_clear(&upload->manifest);
    return 0;
}

/* ---- syncing ---- */

/* Gives up a batch's place in memory; for one that has written nothing since the last sync. */
static void give_up(struct inbox *inbox, struct upload **place)
{
    const struct inbox_batch batch = *place ? batch_of(*place) : (struct inbox_batch){0};
    if (*place && (*place)->spool)
        left_places_keep(&inbox->left, &batch, spool_next((*place)->spool)->number);
    upload_free(place);
}

static void begin_sync(struct inbox *inbox)
{
    spool_group_begin(inbox->group);
    for (int i = 0; i < INBOX_OPEN_MAX; i++) {
        struct upload *upload = inbox->uploads[i];
        if (!upload)
            continue;
        upload->syncing = upload->gathering;
        upload->gathering = false;
    }
}

static void fail(struct inbox *inbox, struct upload **place, const struct err *why)
{
    upload_free(place);
    inbox->failed_round = inbox->round;
    inbox->failed = *why;
}

/* What cannot be made durable is read from the disk again when it is asked for. When a sync failed,
 * what has gathered since does not count either. */
static void end_sync(struct inbox *inbox)
{
    struct err why = {0};
    int rc = spool_group_end(inbox->group, &why);
    for (int i = 0; i < INBOX_OPEN_MAX; i++) {
        struct upload **place = &inbox->uploads[i], *upload = *place;
        if (!upload || !(upload->syncing || (rc < 0 && upload->gathering)))
            continue;
        upload->syncing = false;
        if (rc < 0 || (upload->ended && !upload->gathering && enqueue(inbox, upload, &why) < 0))
            fail(inbox, place, &why);
    }
}

/* Makes all durable that was taken. */
static void settle(struct inbox *inbox)
{
    end_sync(inbox);
    begin_sync(inbox);
    end_sync(inbox);
}

void inbox_sync_begin(struct inbox *inbox)
{
    begin_sync(inbox);
    inbox->round++;
}

int inbox_sync_descriptor(const struct inbox *inbox)
{
    return spool_group_descriptor(inbox->group);
}

int inbox_sync_end(struct inbox *inbox, struct err *err)
{
    end_sync(inbox);
    if (inbox->failed_round + 1 < inbox->round)
        return 0;
    *err = inbox->failed;
    return err->code;
}

int inbox_sync(struct inbox *inbox, struct err *err)
{
    inbox_sync_begin(inbox);
    return inbox_sync_end(inbox, err);
}

/* `known` chunks of it are whole. */
static int open_spool(const struct inbox *inbox, struct upload *upload, uint32_t known,
                      struct err *err)
{
    char path[INBOX_PATH_SIZE];
    path_of(inbox, upload, INBOX_SPOOL, path);
    const struct spool_params params = {path, &inbox->key, &upload->manifest, known};
    return spool_open(&params, &upload->spool, err);
}

static void go_on(struct upload *upload)
{
    const struct spool_place *next = spool_next(upload->spool);
    upload->standing = (struct inbox_standing){INBOX_FILES, next->file, next->at};
    upload->ended = next->file > upload->manifest.count;
    if (upload->ended)
        upload->standing.phase = INBOX_QUEUED;
}

/* What is found may be in the system's memory only, so the caller syncs it with the group. */
static int find_place(struct inbox *inbox, struct upload *upload, struct err *err)
{
    const struct inbox_batch batch = batch_of(upload);
    int rc = open_spool(inbox, upload, left_places_take(&inbox->left, &batch), err);
    if (rc < 0)
        return rc;
    go_on(upload);
    spool_group_add(inbox->group, upload->spool);
    upload->gathering = true;
    return 0;
}

static int read_manifest(const struct inbox *inbox, struct upload *upload, struct err *err)
{
    char path[INBOX_PATH_SIZE];
    SCOPED(buf_free) struct buf text = {0};
    path_of(inbox, upload, "manifest", path);
    int rc = file_read(path, MANIFEST_BYTES_MAX, &text, err);
    return rc < 0 ? rc : manifest_read(buf_view(&text), &upload->manifest, err);
}

static int load(struct inbox *inbox, struct upload *upload, struct err *err)
{
    int rc = read_opened(inbox, upload, err);
    if (rc < 0)
        return rc;
    upload->standing = (struct inbox_standing){.phase = INBOX_MANIFEST};
    if (is_queued(inbox, upload)) /* first: it goes after the receipt has come */
        upload->standing.phase = INBOX_QUEUED;
    else if (is_there(inbox, upload, "receipt"))
        upload->standing.phase = INBOX_DONE;
    else if (is_there(inbox, upload, "manifest"))
        rc = read_manifest(inbox, upload, err);
    if (rc == 0 && upload->manifest.count > 0)
        rc = find_place(inbox, upload, err);
    return rc;
}

/* The place of the upload, or of the one to give up for it: the longest unused. What was written is
 * synced before anything is read from the disk. */
static struct upload **place_for(struct inbox *inbox, const struct inbox_batch *batch)
{
    struct upload **oldest = &inbox->uploads[0];
    for (int i = 0; i < INBOX_OPEN_MAX; i++) {
        struct upload **at = &inbox->uploads[i];
        if (*at && strcmp((*at)->tenant, batch->tenant) == 0 &&
            strcmp((*at)->uuid, batch->uuid) == 0)
            return at;
        if (*oldest && (!*at || (*at)->used_at < (*oldest)->used_at))
            oldest = at;
    }
    settle(inbox);
    give_up(inbox, oldest);
    return oldest;
}

static int find(struct inbox *inbox, const struct inbox_batch *batch, struct upload ***ret_place,
                struct err *err)
{
    struct upload **place = *ret_place = place_for(inbox, batch);
    if (*place) {
        (*place)->used_at = ++inbox->turn;
        return 0;
    }
    struct upload *upload = calloc(1, sizeof *upload);
    if (!upload)
        return err_set(err, ERR_MEMORY, "batch %.8s…: no memory", batch->uuid);
    snprintf(upload->tenant, sizeof upload->tenant, "%s", batch->tenant);
    snprintf(upload->uuid, sizeof upload->uuid, "%s", batch->uuid);
    upload->used_at = ++inbox->turn;
    int rc = load(inbox, upload, err);
    if (rc < 0) {
        upload_free(&upload);
        return rc;
    }
    *place = upload;
    settle(inbox);
    if (*place)
        return 0;
    *err = inbox->failed;
    return err->code;
}

/* ---- announcing ---- */

static int has_room(const struct inbox *inbox, size_t more, struct err *err)
{
    uint64_t free_bytes;
    int rc = file_free_bytes(inbox->root, &free_bytes, err);
    if (rc == 0 && free_bytes < inbox->reserve_bytes + more)
        rc = err_set(err, ERR_FULL, "inbox: %llu bytes free, %llu are kept free; try again later",
                     (unsigned long long)free_bytes, (unsigned long long)inbox->reserve_bytes);
    return rc;
}

static int announce_new(struct inbox *inbox, const struct inbox_batch *batch,
                        const struct inbox_manifest *manifest, struct err *err)
{
    char path[INBOX_PATH_SIZE], text[SMALL_FILE_BYTES], hex[DIGEST_HEX_SIZE];
    if (manifest->bytes == 0 || manifest->bytes > MANIFEST_BYTES_MAX)
        return err_set(err, ERR_LIMIT, "manifest: %u bytes, 1 to %d are taken", manifest->bytes,
                       MANIFEST_BYTES_MAX);
    int rc = has_room(inbox, manifest->bytes, err);
    if (rc < 0)
        return rc;
    if (inbox_count_unfinished(inbox->root, batch->tenant) >= INBOX_UNFINISHED_MAX)
        return err_set(err, ERR_LIMIT, "%d batches of this tenant have no receipt yet, at most %d",
                       INBOX_UNFINISHED_MAX, INBOX_UNFINISHED_MAX);
    inbox_path(inbox->root, batch, NULL, path);
    rc = file_make_folders(path, 0700, err);
    if (rc < 0)
        return rc;
    int len =
        snprintf(text, sizeof text, "%s %u\n", digest_hex(&manifest->digest, hex), manifest->bytes);
    inbox_path(inbox->root, batch, "opened", path);
    return file_write(path, 0600, bytes_of(text, (size_t)len), err);
}

int inbox_announce(struct inbox *inbox, const struct inbox_batch *batch,
                   const struct inbox_manifest *manifest, struct inbox_standing *ret_standing,
                   struct err *err)
{
    struct upload **place;
    int rc = find(inbox, batch, &place, err);
    if (rc == ERR_NOT_FOUND) {
        rc = announce_new(inbox, batch, manifest, err);
        if (rc == 0)
            rc = find(inbox, batch, &place, err);
    }
    if (rc < 0)
        return rc;
    struct upload *upload = *place;
    if (!digest_equal(&upload->announced.digest, &manifest->digest) ||
        upload->announced.bytes != manifest->bytes)
        return err_set(err, ERR_CONFLICT, "batch %.8s…: submitted before with other contents",
                       upload->uuid);
    if (upload->standing.phase == INBOX_QUEUED && is_there(inbox, upload, "receipt"))
        upload->standing.phase = INBOX_DONE;
    *ret_standing = upload->standing;
    return 0;
}

/* ---- the manifest ---- */

static int check_manifest(const struct upload *upload, struct bytes text, struct manifest *ret,
                          struct err *err)
{
    struct digest digest = digest_of(text);
    struct day received;
    if (!digest_equal(&digest, &upload->announced.digest))
        return err_set(err, ERR_INTEGRITY, "manifest: not the digest that was announced");
    int rc = manifest_read(text, ret, err);
    if (rc < 0)
        return rc;
    if (strcmp(ret->tenant, upload->tenant) != 0 || strcmp(ret->uuid, upload->uuid) != 0)
        return err_set(err, ERR_DENIED, "manifest: it is of another tenant or batch");
    struct day tomorrow = day_add_days(day_of_ms(clock_wall_ms()), 1); /* east of Greenwich */
    if (day_parse(ret->received, &received) < 0 || day_compare(received, tomorrow) > 0)
        return err_set(err, ERR_FORMAT, "manifest: date of receipt %s has not come yet",
                       ret->received);
    return 0;
}

static int keep_manifest(const struct inbox *inbox, struct upload *upload, const char *part,
                         struct err *err)
{
    char path[INBOX_PATH_SIZE];
    struct manifest manifest = {0};
    SCOPED(buf_free) struct buf text = {0};
    int rc = file_read(part, MANIFEST_BYTES_MAX, &text, err);
    if (rc == 0)
        rc = check_manifest(upload, buf_view(&text), &manifest, err);
    path_of(inbox, upload, "manifest", path);
    if (rc == 0)
        rc = file_write(path, 0600, buf_view(&text), err);
    if (rc < 0) {
        manifest_clear(&manifest);
        return rc;
    }
    unlink(part);
    upload->manifest = manifest;
    upload->standing = (struct inbox_standing){INBOX_FILES, 1, 0};
    return 0;
}

static int take_manifest(const struct inbox *inbox, struct upload *upload,
                         const struct spool_chunk *chunk, struct err *err)
{
    char path[INBOX_PATH_SIZE];
    if (chunk->bytes.len == 0 || chunk->bytes.len > SPOOL_CHUNK_BYTES ||
        chunk->bytes.len > upload->announced.bytes - chunk->at)
        return err_set(err, ERR_LIMIT, "chunk: %zu bytes at byte %u, the manifest has %u",
                       chunk->bytes.len, chunk->at, upload->announced.bytes);
    path_of(inbox, upload, "incoming", path);
    SCOPED(scope_close)
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | (chunk->at ? 0 : O_TRUNC), 0600);
    if (fd < 0 || lseek(fd, chunk->at, SEEK_SET) < 0)
        return err_errno(err, errno, "%s", path);
    int rc = file_write_all(fd, chunk->bytes, path, err);
    if (rc < 0)
        return rc;
    upload->standing.at += (uint32_t)chunk->bytes.len;
    if (upload->standing.at < upload->announced.bytes)
        return 0;
    rc = keep_manifest(inbox, upload, path, err);
    if (rc < 0)
        upload->standing.at = 0; /* after trouble of ours it is sent once more */
    return rc;
}

/* ---- chunks ---- */

static int take_file(const struct inbox *inbox, struct upload *upload,
                     const struct spool_chunk *chunk, struct err *err)
{
    int rc = upload->spool ? 0 : open_spool(inbox, upload, 0, err);
    if (rc == 0)
        rc = spool_group_write(inbox->group, upload->spool, chunk, err);
    if (rc < 0)
        return rc;
    upload->gathering = true;
    go_on(upload);
    return 0;
}

/* A batch whose manifest cannot hold is forgotten, so that its uuid may be used again. */
static void forget(struct inbox *inbox, struct upload **place)
{
    char path[INBOX_PATH_SIZE];
    struct err ignored;
    path_of(inbox, *place, NULL, path);
    file_remove_tree(path, &ignored);
    upload_free(place);
}

static bool is_the_senders_fault(int code)
{
    return code == ERR_FORMAT || code == ERR_LIMIT || code == ERR_INTEGRITY || code == ERR_DENIED;
}

int inbox_take(struct inbox *inbox, const struct inbox_batch *batch,
               const struct spool_chunk *chunk, struct inbox_standing *ret_standing,
               struct err *err)
{
    struct upload **place;
    if (spool_group_is_full(inbox->group))
        settle(inbox);
    int rc = find(inbox, batch, &place, err);
    if (rc < 0)
        return rc;
    struct upload *upload = *place;
    const struct inbox_standing *standing = &upload->standing;
    bool next = standing->phase <= INBOX_FILES && chunk->file == standing->file &&
                chunk->at == standing->at;
    if (next)
        rc = has_room(inbox, chunk->bytes.len, err);
    if (next && rc == 0 && standing->phase == INBOX_MANIFEST) {
        rc = take_manifest(inbox, upload, chunk, err);
        if (rc < 0 && is_the_senders_fault(rc)) {
            forget(inbox, place);
            return rc;
        }
    } else if (next && rc == 0) {
        rc = take_file(inbox, upload, chunk, err);
    }
    *ret_standing = upload->standing;
    return rc;
}

/* ---- the receipt ---- */

int inbox_receipt(struct inbox *inbox, const struct inbox_batch *batch, uint32_t at,
                  struct inbox_part *ret_part, struct err *err)
{
    char path[INBOX_PATH_SIZE];
    struct file_part from = {.at = at, .most = SPOOL_CHUNK_BYTES};
    inbox_path(inbox->root, batch, "receipt", path);
    *ret_part = (struct inbox_part){.at = at};
    int rc = file_read_part(path, &from, &ret_part->bytes, err);
    if (rc == ERR_NOT_FOUND)
        return err_set(err, rc, "batch %.8s…: there is no receipt of it", batch->uuid);
    ret_part->whole = (uint32_t)from.whole;
    return rc;
}
