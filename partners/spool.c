/*
 * The spool of one file: see spool.h. A record counts when it is whole and bears its checksum; the
 * first that does not is where a power cut or a kill ended the writing, and all after it goes.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "partners/spool.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "base/fault.h"
#include "base/file.h"
#include "base/scope.h"
#include "base/seal.h"

enum kind { KEY = 1, CHUNK = 2 };

enum {
    MAGIC_BYTES = 8,
    CHECK_BYTES = 8,
    HEAD_BYTES = CHECK_BYTES + 4 + 4,
    LABEL_BYTES = 8,
    SEALED_KEY_BYTES = SEAL_KEY_BYTES + crypto_box_SEALBYTES,
    BODY_MOST = SPOOL_CHUNK_BYTES + SEAL_OVERHEAD_BYTES,
    /* Chunks may be of one byte; a file of such would be all overhead. */
    ON_DISK_MOST = 2 * SPOOL_FILE_BYTES
};

static const uint8_t magic[MAGIC_BYTES] = {'t', 'r', 'i', 'p', 'l', 'i', 0, SPOOL_VERSION};

_Static_assert((int)SEALED_KEY_BYTES <= (int)BODY_MOST, "a key's record fits where a chunk's does");
_Static_assert(MAGIC_BYTES + 2 * HEAD_BYTES + SEALED_KEY_BYTES + BODY_MOST <= SPOOL_BLOCKS_MOST,
               "a chunk with all around it fits its room");
_Static_assert((int)SPOOL_KEY_BYTES == (int)crypto_box_PUBLICKEYBYTES, "sizes of public keys");
_Static_assert((int)SPOOL_KEY_BYTES == (int)crypto_box_SECRETKEYBYTES, "sizes of secret keys");

struct spool {
    int fd;
    bool broken; /* what failed could not be taken back: nothing more is written */
    bool fresh;  /* its name is not durable yet */
    uint64_t whole, durable, marked, written;
    uint64_t durable_end, marked_end, end; /* of the blocks that are durable, marked, sealed */
    struct spool_public key;
    struct seal_key *chunk_key; /* of what is written from now on; NULL before the first chunk */
    char *path;
};

/* A whole record, as it was read. */
struct record {
    uint32_t kind;
    struct bytes body; /* lies in the buffer it was read into */
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

static void put_number(uint8_t *at, int bytes, uint64_t number)
{
    for (int i = 0; i < bytes; i++)
        at[i] = (uint8_t)(number >> (8 * i));
}

static uint64_t get_number(const uint8_t *at, int bytes)
{
    uint64_t number = 0;
    for (int i = 0; i < bytes; i++)
        number |= (uint64_t)at[i] << (8 * i);
    return number;
}

/* Where what follows a record begins: after a chunk's at the next block. */
static uint64_t after_record(uint64_t at, const struct record *record)
{
    uint64_t end = at + HEAD_BYTES + record->body.len;
    return record->kind == KEY
               ? end
               : (end + SPOOL_BLOCK_BYTES - 1) / SPOOL_BLOCK_BYTES * SPOOL_BLOCK_BYTES;
}

/* Reads the record that begins at `at` into `room`: 1 whole, 0 when it is not, or an error.
 * Memory: one record. */
static int read_record(int fd, uint64_t at, struct buf *room, struct record *ret_record)
{
    room->len = 0;
    if (buf_reserve(room, HEAD_BYTES + BODY_MOST) < 0)
        return ERR_MEMORY;
    ssize_t got = pread(fd, room->at, HEAD_BYTES + BODY_MOST, (off_t)at);
    if (got < 0)
        return ERR_IO;
    if (got < HEAD_BYTES)
        return 0;
    size_t length = get_number(room->at + CHECK_BYTES + 4, 4);
    *ret_record = (struct record){.kind = (uint32_t)get_number(room->at + CHECK_BYTES, 4),
                                  .body = bytes_of(room->at + HEAD_BYTES, length)};
    bool sized = ret_record->kind == KEY ? length == SEALED_KEY_BYTES
                                         : ret_record->kind == CHUNK &&
                                               length > SEAL_OVERHEAD_BYTES && length <= BODY_MOST;
    return sized && length <= (size_t)got - HEAD_BYTES &&
           XXH3_64bits(room->at + CHECK_BYTES, HEAD_BYTES - CHECK_BYTES + length) ==
               get_number(room->at, CHECK_BYTES);
}

/* 1 when the spool begins as this version's, 0 when its beginning is not there: a power cut may
 * leave it short, or zeros. */
static int read_magic(int fd, const char *path, struct err *err)
{
    static const uint8_t zeros[MAGIC_BYTES];
    uint8_t is[MAGIC_BYTES];
    ssize_t got = pread(fd, is, sizeof is, 0);
    if (got < 0)
        return err_errno(err, errno, "%s", path);
    if (got < MAGIC_BYTES || memcmp(is, zeros, sizeof is) == 0)
        return 0;
    return memcmp(is, magic, sizeof is) == 0
               ? 1
               : err_set(err, ERR_UNAVAILABLE,
                         "%s: not a spool of version %d: let the version of tripli that wrote it "
                         "take the batch",
                         path, SPOOL_VERSION);
}

/* Counts whole chunks. A key without a chunk does not count: the next one that writes makes its
 * own. */
static int count_chunks(struct spool *spool, int fd)
{
    SCOPED(buf_free) struct buf room = {0};
    struct record record;
    uint64_t at = MAGIC_BYTES;
    int rc;
    while ((rc = read_record(fd, at, &room, &record)) == 1) {
        at = after_record(at, &record);
        if (record.kind != CHUNK)
            continue;
        spool->written += record.body.len - SEAL_OVERHEAD_BYTES;
        spool->end = at;
    }
    return rc;
}

/* Counts what is whole, cuts off what follows. It is read through the page cache, block or not. */
static int recover(struct spool *spool, struct err *err)
{
    struct stat stat;
    SCOPED(scope_close) int fd = open(spool->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return err_errno(err, errno, "%s", spool->path);
    int rc = read_magic(fd, spool->path, err);
    if (rc < 0)
        return rc;
    if (rc == 1)
        rc = count_chunks(spool, fd);
    if (rc < 0 || fstat(fd, &stat) < 0)
        return err_set(err, rc < 0 ? rc : ERR_IO, "%s: cannot be read back", spool->path);
    if (spool->written > spool->whole)
        return err_set(err, ERR_CONFLICT, "%s: %llu bytes held, the file has %llu", spool->path,
                       (unsigned long long)spool->written, (unsigned long long)spool->whole);
    if ((uint64_t)stat.st_size > spool->end && ftruncate(spool->fd, (off_t)spool->end) < 0)
        return err_errno(err, errno, "%s", spool->path);
    spool->durable = spool->written;
    spool->durable_end = spool->end;
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

/* Makes a record of what follows its head, at `at` of `records`. */
static void close_record(struct buf *records, size_t at, enum kind kind)
{
    uint8_t *head = records->at + at;
    size_t length = records->len - at - HEAD_BYTES;
    put_number(head + CHECK_BYTES, 4, kind);
    put_number(head + CHECK_BYTES + 4, 4, length);
    put_number(head, CHECK_BYTES,
               XXH3_64bits(head + CHECK_BYTES, HEAD_BYTES - CHECK_BYTES + length));
}

/* A fresh key for the chunks, and its record. */
static int seal_chunk_key(struct spool *spool, struct buf *records)
{
    size_t at = records->len;
    if (buf_reserve(records, HEAD_BYTES + SEALED_KEY_BYTES) < 0)
        return ERR_MEMORY;
    SCOPED(seal_key_free) struct seal_key *key = seal_key_new();
    if (!key)
        return ERR_MEMORY;
    if (crypto_box_seal(records->at + at + HEAD_BYTES, key->at, sizeof key->at, spool->key.at) != 0)
        return ERR_INTEGRITY;
    records->len += HEAD_BYTES + SEALED_KEY_BYTES;
    close_record(records, at, KEY);
    spool->chunk_key = key;
    key = NULL;
    return 0;
}

static int seal_chunk(const struct spool *spool, struct bytes chunk, struct buf *records)
{
    uint8_t label[LABEL_BYTES];
    size_t at = records->len;
    if (buf_reserve(records, HEAD_BYTES + chunk.len + SEAL_OVERHEAD_BYTES) < 0)
        return ERR_MEMORY;
    records->len += HEAD_BYTES;
    put_number(label, LABEL_BYTES, spool->written);
    int rc = seal_close(spool->chunk_key, bytes_of(label, sizeof label), chunk, records);
    if (rc == 0)
        close_record(records, at, CHUNK);
    return rc;
}

/* What is to be written of a chunk: its record, before the first one a key, before that the
 * beginning. */
static int seal_records(struct spool *spool, struct bytes chunk, struct buf *room)
{
    if (spool->end == 0 && buf_append(room, bytes_of(magic, sizeof magic)) < 0)
        return ERR_MEMORY;
    int rc = spool->chunk_key ? 0 : seal_chunk_key(spool, room);
    return rc < 0 ? rc : seal_chunk(spool, chunk, room);
}

static void fill_block(struct buf *room)
{
    size_t rest = (SPOOL_BLOCK_BYTES - room->len % SPOOL_BLOCK_BYTES) % SPOOL_BLOCK_BYTES;
    memset(room->at + room->len, 0, rest);
    room->len += rest;
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

int spool_seal(struct spool *spool, uint64_t at, struct bytes chunk, struct spool_blocks *blocks,
               struct err *err)
{
    struct buf *room = &blocks->sealed;
    blocks->spool = spool;
    blocks->at = spool->end;
    int rc = check_chunk(spool, at, chunk.len, err);
    if (rc <= 0)
        return rc;
    if (spool->broken)
        return err_set(err, ERR_IO, "%s: what failed before could not be cut off", spool->path);
    assert(room->len == 0 && room->capacity >= SPOOL_BLOCKS_MOST);
    if (spool->end + SPOOL_BLOCKS_MOST > ON_DISK_MOST)
        return err_set(err, ERR_LIMIT, "%s: chunks too small, over %d bytes with their seals",
                       spool->path, ON_DISK_MOST);
    rc = seal_records(spool, chunk, room);
    if (rc < 0)
        return err_set(err, rc, "%s: a chunk of %zu bytes could not be sealed", spool->path,
                       chunk.len);
    fill_block(room);
    spool->end += room->len;
    spool->written += chunk.len;
    return 0;
}

int spool_put(const struct spool_blocks *blocks, struct err *err)
{
    const struct spool *spool = blocks->spool;
    int fault = fault_point("spool.append.before_write");
    if (fault)
        return err_errno(err, fault, "%s", spool->path);
    for (size_t done = 0; done < blocks->sealed.len;) {
        ssize_t put = pwrite(spool->fd, blocks->sealed.at + done, blocks->sealed.len - done,
                             (off_t)(blocks->at + done));
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return err_errno(err, errno, "%s: write", spool->path);
        done += (size_t)put;
    }
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

int spool_sync(const struct spool *spool, struct err *err)
{
    int fault = fault_point("spool.append.before_sync");
    if (fault)
        return err_errno(err, fault, "%s", spool->path);
    if (fdatasync(spool->fd) < 0)
        return err_errno(err, errno, "%s", spool->path);
    int rc = spool->fresh ? sync_folder_of(spool->path, err) : 0;
    fault_point("spool.append.after_sync");
    return rc;
}

void spool_mark(struct spool *spool)
{
    spool->marked = spool->written;
    spool->marked_end = spool->end;
}

void spool_settle(struct spool *spool)
{
    spool->fresh = false;
    spool->durable = spool->marked;
    spool->durable_end = spool->marked_end;
}

/* The record of the key may be among what goes, so a new one is made. */
void spool_take_back(struct spool *spool)
{
    spool->broken |= ftruncate(spool->fd, (off_t)spool->durable_end) < 0;
    spool->written = spool->durable;
    spool->end = spool->durable_end;
    seal_key_free(&spool->chunk_key);
}

/* The hub's pair, and the key of the chunks that follow. */
struct opener {
    const struct spool_secret *secret;
    struct spool_public public_key;
    struct seal_key *chunk_key;
};

static int open_key(struct opener *opener, struct bytes body)
{
    seal_key_free(&opener->chunk_key);
    opener->chunk_key = seal_key_new();
    if (!opener->chunk_key)
        return ERR_MEMORY;
    return crypto_box_seal_open(opener->chunk_key->at, body.at, body.len, opener->public_key.at,
                                opener->secret->at) == 0
               ? 0
               : ERR_INTEGRITY;
}

/* `at` is the number of the chunk's first byte. */
static int open_chunk(const struct opener *opener, uint64_t at, struct bytes body,
                      struct buf *ret_plain)
{
    uint8_t label[LABEL_BYTES];
    put_number(label, LABEL_BYTES, at);
    return opener->chunk_key
               ? seal_open(opener->chunk_key, bytes_of(label, sizeof label), body, ret_plain)
               : ERR_INTEGRITY;
}

/* Opens record after record until the file's end, which must be the last one's. */
static int open_records(int fd, struct opener *opener, struct buf *ret_plain)
{
    SCOPED(buf_free) struct buf room = {0};
    struct record record;
    struct stat stat;
    size_t before = ret_plain->len;
    uint64_t at = MAGIC_BYTES;
    int rc = 0;
    if (fstat(fd, &stat) < 0)
        return ERR_IO;
    if (stat.st_size > ON_DISK_MOST)
        return ERR_INTEGRITY;
    while (rc == 0 && at < (uint64_t)stat.st_size) {
        rc = read_record(fd, at, &room, &record);
        if (rc <= 0)
            return rc < 0 ? rc : ERR_INTEGRITY;
        rc = record.kind == KEY
                 ? open_key(opener, record.body)
                 : open_chunk(opener, ret_plain->len - before, record.body, ret_plain);
        at = after_record(at, &record);
    }
    return rc;
}

static int open_all(int fd, const struct spool_secret *secret, struct buf *ret_plain)
{
    struct opener opener = {.secret = secret};
    int rc = crypto_scalarmult_base(opener.public_key.at, secret->at) == 0 ? 0 : ERR_INTEGRITY;
    if (rc == 0)
        rc = open_records(fd, &opener, ret_plain);
    seal_key_free(&opener.chunk_key);
    return rc;
}

int spool_read(const char *path, const struct spool_secret *key, const struct digest *want,
               struct buf *ret_plain, struct err *err)
{
    SCOPED(scope_close) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return err_errno(err, errno, "%s", path);
    size_t before = ret_plain->len;
    int rc = read_magic(fd, path, err);
    if (rc < 0)
        return rc;
    rc = rc == 0 ? ERR_INTEGRITY : open_all(fd, key, ret_plain);
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
