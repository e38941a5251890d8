/*
 * The spool of one file: see spool.h. A record counts when it is whole and bears its digest; the
 * first that does not is where a power cut or a kill ended the writing, and all after it goes.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "partners/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/file.h"
#include "base/scope.h"

enum {
    HEAD_BYTES = 4 + DIGEST_BYTES,
    SEALED_MOST = SPOOL_CHUNK_BYTES + crypto_box_SEALBYTES,
    /* Chunks may be of one byte; a file of such would be all overhead. */
    ON_DISK_MOST = 2 * SPOOL_FILE_BYTES
};

_Static_assert((int)SPOOL_KEY_BYTES == (int)crypto_box_PUBLICKEYBYTES, "sizes of public keys");
_Static_assert((int)SPOOL_KEY_BYTES == (int)crypto_box_SECRETKEYBYTES, "sizes of secret keys");

struct spool {
    int fd;
    bool broken; /* a failed record could not be taken back: nothing more is written */
    bool fresh;  /* its name is not durable yet */
    uint64_t whole, durable, written;
    off_t durable_end, end; /* of the last durable record, of the last one written */
    struct spool_public key;
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
    free((*spool)->path);
    free(*spool);
    *spool = NULL;
}

static void put_length(uint8_t at[4], size_t length)
{
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(length >> (8 * i));
}

static size_t get_length(const uint8_t at[4])
{
    size_t length = 0;
    for (int i = 0; i < 4; i++)
        length |= (size_t)at[i] << (8 * i);
    return length;
}

/* Reads the record that begins at `at` into `record`: 1 whole, 0 when it is not, or an error.
 * Memory: one record. */
static int read_record(int fd, off_t at, struct buf *record, struct bytes *ret_sealed)
{
    record->len = 0;
    if (buf_reserve(record, HEAD_BYTES + SEALED_MOST) < 0)
        return ERR_MEMORY;
    ssize_t got = pread(fd, record->at, HEAD_BYTES + SEALED_MOST, at);
    if (got < 0)
        return ERR_IO;
    if (got < HEAD_BYTES)
        return 0;
    size_t length = get_length(record->at);
    if (length <= crypto_box_SEALBYTES || length > SEALED_MOST || length > (size_t)got - HEAD_BYTES)
        return 0;
    *ret_sealed = bytes_of(record->at + HEAD_BYTES, length);
    struct digest is = digest_of(*ret_sealed);
    return memcmp(is.at, record->at + 4, DIGEST_BYTES) == 0;
}

/* Counts whole records, cuts off what follows them. */
static int recover(struct spool *spool, struct err *err)
{
    SCOPED(buf_free) struct buf record = {0};
    struct bytes sealed;
    struct stat stat;
    int rc;
    while ((rc = read_record(spool->fd, spool->end, &record, &sealed)) == 1) {
        spool->written += sealed.len - crypto_box_SEALBYTES;
        spool->end += (off_t)(HEAD_BYTES + sealed.len);
    }
    if (rc < 0 || fstat(spool->fd, &stat) < 0)
        return err_set(err, rc < 0 ? rc : ERR_IO, "%s: cannot be read back", spool->path);
    if (spool->written > spool->whole)
        return err_set(err, ERR_CONFLICT, "%s: %llu bytes held, the file has %llu", spool->path,
                       (unsigned long long)spool->written, (unsigned long long)spool->whole);
    if (stat.st_size > spool->end && ftruncate(spool->fd, spool->end) < 0)
        return err_errno(err, errno, "%s", spool->path);
    spool->durable = spool->written;
    spool->durable_end = spool->end;
    return 0;
}

/* Opens or makes the file, for this process alone. */
static int take(struct spool *spool, struct err *err)
{
    spool->fd = open(spool->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
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

int spool_open(const char *path, const struct spool_public *key, uint64_t whole,
               struct spool **ret_spool, struct err *err)
{
    if (whole == 0 || whole > SPOOL_FILE_BYTES)
        return err_set(err, ERR_LIMIT, "%s: a file of %llu bytes, 1 to %d can be sent", path,
                       (unsigned long long)whole, SPOOL_FILE_BYTES);
    SCOPED(spool_free) struct spool *spool = calloc(1, sizeof *spool);
    if (!spool)
        return err_set(err, ERR_MEMORY, "%s: no memory for its spool", path);
    *spool = (struct spool){.fd = -1, .whole = whole, .key = *key, .path = strdup(path)};
    if (!spool->path)
        return err_set(err, ERR_MEMORY, "%s: no memory for its spool", path);
    int rc = take(spool, err);
    if (rc >= 0)
        rc = recover(spool, err);
    if (rc < 0)
        return rc;
    *ret_spool = spool;
    spool = NULL;
    return 0;
}

uint64_t spool_durable(const struct spool *spool)
{
    return spool->durable;
}

uint64_t spool_written(const struct spool *spool)
{
    return spool->written;
}

bool spool_is_fresh(const struct spool *spool)
{
    return spool->fresh;
}

/* Length, digest and sealed bytes of a chunk. */
static int seal_record(const struct spool *spool, struct bytes chunk, struct buf *ret_record)
{
    size_t length = chunk.len + crypto_box_SEALBYTES;
    if (buf_reserve(ret_record, HEAD_BYTES + length) < 0)
        return ERR_MEMORY;
    uint8_t *at = ret_record->at;
    if (crypto_box_seal(at + HEAD_BYTES, chunk.at, chunk.len, spool->key.at) != 0)
        return ERR_INTEGRITY;
    struct digest digest = digest_of(bytes_of(at + HEAD_BYTES, length));
    put_length(at, length);
    memcpy(at + 4, digest.at, DIGEST_BYTES);
    ret_record->len = HEAD_BYTES + length;
    return 0;
}

static int write_record(const struct spool *spool, struct bytes record, struct err *err)
{
    if (lseek(spool->fd, spool->end, SEEK_SET) < 0)
        return err_errno(err, errno, "%s", spool->path);
    int fault = fault_point("spool.append.before_write");
    if (fault)
        return err_errno(err, fault, "%s", spool->path);
    return file_write_all(spool->fd, record, spool->path, err);
}

/* 1 when the chunk is to be written, 0 when it is there already. */
static int check_chunk(const struct spool *spool, uint64_t at, size_t length, struct err *err)
{
    if (length == 0 || length > SPOOL_CHUNK_BYTES)
        return err_set(err, ERR_LIMIT, "chunk: %zu bytes, 1 to %d are taken", length,
                       SPOOL_CHUNK_BYTES);
    if (at > spool->whole || length > spool->whole - at)
        return err_set(err, ERR_LIMIT, "chunk: %zu bytes at byte %llu, the file has %llu", length,
                       (unsigned long long)at, (unsigned long long)spool->whole);
    if (at + length <= spool->written)
        return 0;
    if (at != spool->written)
        return err_set(err, ERR_CONFLICT, "chunk: begins at byte %llu, the next byte is %llu",
                       (unsigned long long)at, (unsigned long long)spool->written);
    return 1;
}

int spool_write(struct spool *spool, uint64_t at, struct bytes chunk, struct err *err)
{
    int rc = check_chunk(spool, at, chunk.len, err);
    if (rc <= 0)
        return rc;
    if (spool->broken)
        return err_set(err, ERR_IO, "%s: an unfinished record could not be cut off", spool->path);
    SCOPED(buf_free) struct buf record = {0};
    rc = seal_record(spool, chunk, &record);
    if (rc < 0)
        return err_set(err, rc, "%s: a chunk of %zu bytes could not be sealed", spool->path,
                       chunk.len);
    if (record.len > (size_t)(ON_DISK_MOST - spool->end))
        return err_set(err, ERR_LIMIT, "%s: chunks too small, over %d bytes with their seals",
                       spool->path, ON_DISK_MOST);
    rc = write_record(spool, buf_view(&record), err);
    if (rc < 0) {
        spool->broken = ftruncate(spool->fd, spool->end) < 0;
        return rc;
    }
    spool->end += (off_t)record.len;
    spool->written += chunk.len;
    return 0;
}

static int sync_folder_of(const char *path, struct err *err)
{
    SCOPED(scope_free) char *folder = strdup(path);
    if (!folder)
        return err_set(err, ERR_MEMORY, "%s: no memory for its folder's name", path);
    char *slash = strrchr(folder, '/');
    if (slash)
        slash[slash == folder] = '\0';
    return file_sync_folder(slash ? folder : ".", err);
}

static int sync_it(const struct spool *spool, struct err *err)
{
    int fault = fault_point("spool.append.before_sync");
    if (fault)
        return err_errno(err, fault, "%s", spool->path);
    if (fdatasync(spool->fd) < 0)
        return err_errno(err, errno, "%s", spool->path);
    return spool->fresh ? sync_folder_of(spool->path, err) : 0;
}

int spool_sync(struct spool *spool, struct err *err)
{
    int rc = sync_it(spool, err);
    if (rc < 0) {
        spool_take_back(spool);
        return rc;
    }
    fault_point("spool.append.after_sync");
    spool_settle(spool);
    return 0;
}

void spool_settle(struct spool *spool)
{
    spool->fresh = false;
    spool->durable = spool->written;
    spool->durable_end = spool->end;
}

void spool_take_back(struct spool *spool)
{
    spool->broken |= ftruncate(spool->fd, spool->durable_end) < 0;
    spool->written = spool->durable;
    spool->end = spool->durable_end;
}

static int open_record(struct bytes sealed, const struct spool_public *public_key,
                       const struct spool_secret *key, struct buf *ret_plain)
{
    size_t length = sealed.len - crypto_box_SEALBYTES;
    if (buf_reserve(ret_plain, length) < 0)
        return ERR_MEMORY;
    if (crypto_box_seal_open(ret_plain->at + ret_plain->len, sealed.at, sealed.len, public_key->at,
                             key->at) != 0)
        return ERR_INTEGRITY;
    ret_plain->len += length;
    return 0;
}

/* Opens record after record until the file's end, which must be the last one's. */
static int open_records(int fd, const struct spool_secret *key, struct buf *ret_plain)
{
    SCOPED(buf_free) struct buf record = {0};
    struct spool_public public_key;
    struct bytes sealed;
    struct stat stat;
    off_t at = 0;
    int rc = 0;
    if (fstat(fd, &stat) < 0)
        return ERR_IO;
    if (stat.st_size > ON_DISK_MOST || crypto_scalarmult_base(public_key.at, key->at) != 0)
        return ERR_INTEGRITY;
    while (rc == 0 && at < stat.st_size) {
        rc = read_record(fd, at, &record, &sealed);
        if (rc == 0)
            return ERR_INTEGRITY;
        if (rc == 1)
            rc = open_record(sealed, &public_key, key, ret_plain);
        at += (off_t)(HEAD_BYTES + sealed.len);
    }
    return rc;
}

int spool_read(const char *path, const struct spool_secret *key, const struct digest *want,
               struct buf *ret_plain, struct err *err)
{
    SCOPED(scope_close) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return err_errno(err, errno, "%s", path);
    size_t before = ret_plain->len;
    int rc = open_records(fd, key, ret_plain);
    if (rc < 0) {
        ret_plain->len = before;
        return err_set(err, rc, "%s: its sealed records do not open", path);
    }
    struct digest is = digest_of(bytes_of(ret_plain->at + before, ret_plain->len - before));
    if (digest_equal(&is, want))
        return 0;
    ret_plain->len = before;
    return err_set(err, ERR_INTEGRITY, "%s: not the digest that the manifest states", path);
}
