/*
 * Reading a whole spool: see spool_read.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "partners/spool_read.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/scope.h"
#include "partners/spool_record.h"

struct spool_reader {
    int fd;
    const struct manifest *manifest;
    struct spool_place place; /* of the record that is read next */
    struct spool_secret secret;
    struct spool_public public_key;
    struct seal_key *chunk_key;                 /* what was sealed in … */
    uint8_t sealed_key[SPOOL_SEALED_KEY_BYTES]; /* … this; NULL: nothing was opened yet */
    struct buf record;
};

int spool_reader_open(const char *path, const struct spool_secret *key,
                      const struct manifest *manifest, struct spool_reader **ret_reader,
                      struct err *err)
{
    SCOPED(spool_reader_free) struct spool_reader *reader = calloc(1, sizeof *reader);
    if (!reader)
        return err_set(err, ERR_MEMORY, "%s: no memory", path);
    reader->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (reader->fd < 0)
        return err_errno(err, errno, "%s", path);
    reader->manifest = manifest;
    reader->place = spool_start();
    reader->secret = *key;
    if (crypto_scalarmult_base(reader->public_key.at, key->at) != 0)
        return err_set(err, ERR_INTEGRITY, "%s: the hub's key is none", path);
    int rc = spool_check_version(reader->fd, path, err);
    if (rc < 0)
        return rc;
    *ret_reader = reader;
    reader = NULL;
    return 0;
}

void spool_reader_free(struct spool_reader **reader)
{
    if (!reader || !*reader)
        return;
    if ((*reader)->fd >= 0)
        close((*reader)->fd);
    seal_key_free(&(*reader)->chunk_key);
    buf_free(&(*reader)->record);
    sodium_memzero(&(*reader)->secret, sizeof(*reader)->secret);
    free(*reader);
    *reader = NULL;
}

/* The record's key: that of the record before, or one to be opened. */
static int open_key(struct spool_reader *reader)
{
    const uint8_t *sealed = reader->record.at + SPOOL_MAGIC_BYTES + SPOOL_CHECK_BYTES;
    if (reader->chunk_key && memcmp(sealed, reader->sealed_key, sizeof reader->sealed_key) == 0)
        return 0;
    seal_key_free(&reader->chunk_key);
    struct seal_key *key = seal_key_new();
    if (!key)
        return ERR_MEMORY;
    if (crypto_box_seal_open(key->at, sealed, SPOOL_SEALED_KEY_BYTES, reader->public_key.at,
                             reader->secret.at) != 0) {
        seal_key_free(&key);
        return ERR_INTEGRITY;
    }
    reader->chunk_key = key;
    memcpy(reader->sealed_key, sealed, sizeof reader->sealed_key);
    return 0;
}

static int open_record(struct spool_reader *reader, struct buf *ret_plain)
{
    int rc = spool_record_read(reader->fd, reader->manifest, &reader->place, &reader->record);
    if (rc <= 0)
        return rc < 0 ? rc : ERR_INTEGRITY;
    rc = open_key(reader);
    const struct bytes sealed =
        bytes_of(reader->record.at + SPOOL_HEAD_BYTES, reader->record.len - SPOOL_HEAD_BYTES);
    return rc < 0 ? rc
                  : chunk_seal_open(reader->chunk_key, reader->place.number, sealed, ret_plain);
}

static void go_to(struct spool_reader *reader, uint32_t file)
{
    if (reader->place.file > file || (reader->place.file == file && reader->place.at > 0))
        reader->place = spool_start();
    while (reader->place.file < file)
        reader->place = spool_after(reader->manifest, &reader->place);
}

int spool_reader_file(struct spool_reader *reader, uint32_t file, struct buf *ret_plain,
                      struct err *err)
{
    size_t before = ret_plain->len;
    int rc = 0;
    for (go_to(reader, file); rc == 0 && reader->place.file == file;) {
        rc = open_record(reader, ret_plain);
        reader->place = spool_after(reader->manifest, &reader->place);
    }
    struct digest is = digest_of(bytes_of(ret_plain->at + before, ret_plain->len - before));
    if (rc == 0 && digest_equal(&is, &reader->manifest->files[file - 1].digest))
        return 0;
    ret_plain->len = before;
    return rc == 0 || rc == ERR_INTEGRITY
               ? err_set(err, ERR_INTEGRITY, "the bytes are not those of the manifest's digest")
               : err_set(err, rc, "file %u: its records cannot be read", file);
}
