/*
 * Writing a spool: see spool.h. A chunk counts when it is whole and bears its checksum; the first
 * that does not is where a power cut or a kill ended the writing, and all after it goes.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "partners/spool.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/file.h"
#include "base/scope.h"
#include "partners/spool_record.h"

struct spool {
    int fd;
    bool broken; /* what failed could not be taken back: nothing more is written */
    bool fresh;  /* its name is not durable yet */
    const struct manifest *manifest;
    struct spool_place durable, marked, next;
    struct spool_public key;
    struct seal_key *chunk_key; /* of what is written from now on; NULL before the first chunk */
    uint8_t sealed_key[SPOOL_SEALED_KEY_BYTES];
    char *path;
};

void spool_keys_make(struct spool_public *ret_public, struct spool_secret *ret_secret)
{
    crypto_box_keypair(ret_public->at, ret_secret->at);
}

void spool_free(struct spool **spool)
{
    if (!spool || !*spool)
        return;
    if ((*spool)->fd >= 0)
        close((*spool)->fd);
    seal_key_free(&(*spool)->chunk_key);
    free((*spool)->path);
    free(*spool);
    *spool = NULL;
}

/* The place after the last chunk that the file is long enough for. */
static struct spool_place place_of_length(const struct manifest *manifest, uint64_t length)
{
    struct spool_place place = spool_start(), after;
    while (!spool_is_end(manifest, &place)) {
        after = spool_after(manifest, &place);
        if (after.block > length)
            break;
        place = after;
    }
    return place;
}

/* Counts chunks that are whole: up to `last` at the most, looked at from number `known` on. */
static int count_chunks(struct spool *spool, int fd, uint32_t known, uint32_t last)
{
    SCOPED(buf_free) struct buf room = {0};
    struct spool_place *next = &spool->next;
    int rc = 1;
    while (rc == 1 && next->number < last) {
        if (next->number >= known)
            rc = spool_record_read(fd, spool->manifest, next, &room);
        if (rc == 1)
            *next = spool_after(spool->manifest, next);
    }
    return rc;
}

/* Counts what is whole, cuts off what follows. It is read through the page cache, block or not. */
static int recover(struct spool *spool, uint32_t known, struct err *err)
{
    struct stat stat;
    SCOPED(scope_close) int fd = open(spool->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 || fstat(fd, &stat) < 0)
        return err_errno(err, errno, "%s", spool->path);
    int rc = spool_check_version(fd, spool->path, err);
    if (rc < 0)
        return rc;
    uint32_t last = place_of_length(spool->manifest, (uint64_t)stat.st_size).number;
    if (last > SPOOL_IN_DOUBT && known < last - SPOOL_IN_DOUBT)
        known = last - SPOOL_IN_DOUBT;
    if (rc == 1 && count_chunks(spool, fd, known, last) < 0)
        return err_set(err, ERR_IO, "%s: cannot be read back", spool->path);
    if ((uint64_t)stat.st_size > spool->next.block &&
        ftruncate(spool->fd, (off_t)spool->next.block) < 0)
        return err_errno(err, errno, "%s", spool->path);
    spool->durable = spool->next;
    return 0;
}

/* Not every file system writes past the page cache. */
static int open_file(const char *path)
{
    const int flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
    int fd = open(path, flags | O_DIRECT, 0600);
    return fd < 0 && errno == EINVAL ? open(path, flags, 0600) : fd;
}

/* Opens or makes the file, for this process alone. */
static int take(struct spool *spool, struct err *err)
{
    spool->fd = open_file(spool->path);
    struct stat stat;
    if (spool->fd < 0 || fstat(spool->fd, &stat) < 0)
        return err_errno(err, errno, "%s", spool->path);
    if (!S_ISREG(stat.st_mode))
        return err_set(err, ERR_FORMAT, "%s: not a regular file", spool->path);
    if (flock(spool->fd, LOCK_EX | LOCK_NB) < 0)
        return err_set(err, ERR_CONFLICT, "%s: open in another process", spool->path);
    spool->fresh = true;
    return 0;
}

int spool_open(const struct spool_params *params, struct spool **ret_spool, struct err *err)
{
    SCOPED(spool_free) struct spool *spool = calloc(1, sizeof *spool);
    if (!spool)
        return err_set(err, ERR_MEMORY, "%s: no memory for its spool", params->path);
    *spool = (struct spool){.fd = -1,
                            .manifest = params->manifest,
                            .next = spool_start(),
                            .key = *params->key,
                            .path = strdup(params->path)};
    if (!spool->path)
        return err_set(err, ERR_MEMORY, "%s: no memory for its spool", params->path);
    int rc = take(spool, err);
    if (rc >= 0)
        rc = recover(spool, params->known, err);
    if (rc < 0)
        return rc;
    *ret_spool = spool;
    spool = NULL;
    return 0;
}

const struct spool_place *spool_next(const struct spool *spool)
{
    return &spool->next;
}

bool spool_is_fresh(const struct spool *spool)
{
    return spool->fresh;
}

/* A fresh key for the chunks that follow. */
static int make_chunk_key(struct spool *spool)
{
    if (spool->chunk_key)
        return 0;
    SCOPED(seal_key_free) struct seal_key *key = seal_key_new();
    if (!key)
        return ERR_MEMORY;
    if (crypto_box_seal(spool->sealed_key, key->at, sizeof key->at, spool->key.at) != 0)
        return ERR_INTEGRITY;
    spool->chunk_key = key;
    key = NULL;
    return 0;
}

static int seal_record(struct spool *spool, struct bytes chunk, struct buf *room)
{
    int rc = make_chunk_key(spool);
    if (rc < 0)
        return rc;
    room->len = SPOOL_HEAD_BYTES;
    memcpy(room->at + SPOOL_MAGIC_BYTES + SPOOL_CHECK_BYTES, spool->sealed_key,
           sizeof spool->sealed_key);
    rc = chunk_seal_close(spool->chunk_key, spool->next.number, chunk, room);
    if (rc == 0)
        spool_record_close(room->at, room->len);
    return rc;
}

static int check_chunk(const struct spool *spool, const struct spool_chunk *chunk, struct err *err)
{
    const struct spool_place *next = &spool->next;
    if (spool_is_end(spool->manifest, next) || chunk->file != next->file || chunk->at != next->at)
        return err_set(err, ERR_CONFLICT,
                       "chunk: file %u, byte %u is not the next: that is file %u, byte %u",
                       chunk->file, chunk->at, next->file, next->at);
    uint32_t length = spool_chunk_length(spool->manifest, next);
    return chunk->bytes.len == length
               ? 0
               : err_set(err, ERR_LIMIT,
                         "chunk: %zu bytes, from byte %u of file %u on %u are taken",
                         chunk->bytes.len, chunk->at, chunk->file, length);
}

int spool_seal(struct spool *spool, const struct spool_chunk *chunk, struct spool_blocks *blocks,
               struct err *err)
{
    struct buf *room = &blocks->sealed;
    int rc = check_chunk(spool, chunk, err);
    if (rc < 0)
        return rc;
    if (spool->broken)
        return err_set(err, ERR_IO, "%s: what failed before could not be cut off", spool->path);
    assert(room->len == 0 && room->capacity >= SPOOL_BLOCKS_MOST);
    rc = seal_record(spool, chunk->bytes, room);
    if (rc < 0)
        return err_set(err, rc, "%s: a chunk of %zu bytes could not be sealed", spool->path,
                       chunk->bytes.len);
    blocks->spool = spool;
    blocks->at = spool->next.block;
    spool->next = spool_after(spool->manifest, &spool->next);
    size_t blocks_length = spool->next.block - blocks->at;
    memset(room->at + room->len, 0, blocks_length - room->len);
    room->len = blocks_length;
    return 0;
}

/* Leaves what is not written yet: from the middle of a block on, if need be. */
static void skip(struct iovec **left, int *count, size_t written)
{
    for (; *count > 0 && written >= (*left)->iov_len; (*left)++, (*count)--)
        written -= (*left)->iov_len;
    if (*count > 0) {
        (*left)->iov_base = (uint8_t *)(*left)->iov_base + written;
        (*left)->iov_len -= written;
    }
}

int spool_put(const struct spool_blocks *blocks, int count, struct err *err)
{
    const struct spool *spool = blocks->spool;
    struct iovec parts[SPOOL_PUT_MOST], *left = parts;
    uint64_t at = blocks->at;
    int fault = fault_point("spool.append.before_write");
    if (fault)
        return err_errno(err, fault, "%s", spool->path);
    assert(count <= SPOOL_PUT_MOST);
    for (int i = 0; i < count; i++)
        parts[i] = (struct iovec){blocks[i].sealed.at, blocks[i].sealed.len};
    while (count > 0) {
        ssize_t put = pwritev(spool->fd, left, count, (off_t)at);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return err_errno(err, errno, "%s: write", spool->path);
        skip(&left, &count, (size_t)put);
        at += (uint64_t)put;
    }
    return 0;
}

int spool_sync(const struct spool *spool, struct err *err)
{
    int fault = fault_point("spool.append.before_sync");
    if (fault)
        return err_errno(err, fault, "%s", spool->path);
    if (fdatasync(spool->fd) < 0)
        return err_errno(err, errno, "%s", spool->path);
    int rc = spool->fresh ? file_sync_parent(spool->path, err) : 0;
    fault_point("spool.append.after_sync");
    return rc;
}

void spool_mark(struct spool *spool)
{
    spool->marked = spool->next;
}

void spool_settle(struct spool *spool)
{
    spool->fresh = false;
    spool->durable = spool->marked;
}

/* A key seals no number twice: what is sent again has another. */
void spool_take_back(struct spool *spool)
{
    spool->broken |= ftruncate(spool->fd, (off_t)spool->durable.block) < 0;
    spool->next = spool->durable;
    seal_key_free(&spool->chunk_key);
}
