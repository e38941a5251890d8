/*
 * The inbox as the hub's side sees it: paths, the key that opens, what a receipt clears.
 * See inbox.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <dirent.h>
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/scope.h"
#include "partners/inbox.h"

void inbox_path(const char *root, const struct inbox_batch *batch, const char *name,
                char ret_path[INBOX_PATH_SIZE])
{
    snprintf(ret_path, INBOX_PATH_SIZE, "%s/%s/%s%s%s", root, batch->tenant, batch->uuid,
             name ? "/" : "", name ? name : "");
}

void inbox_queue_path(const char *root, const struct inbox_batch *batch,
                      char ret_path[INBOX_PATH_SIZE])
{
    snprintf(ret_path, INBOX_PATH_SIZE, "%s/queue/%s-%s", root, batch->tenant, batch->uuid);
}

static int make_key(const char *secret_path, struct spool_secret *ret_secret, struct err *err)
{
    struct spool_public made;
    spool_keys_make(&made, ret_secret);
    return file_write(secret_path, 0400, bytes_of(ret_secret->at, sizeof ret_secret->at), err);
}

static int read_key(const char *secret_path, struct spool_secret *ret_secret, struct err *err)
{
    SCOPED(buf_free) struct buf file = {0};
    int rc = file_read(secret_path, SPOOL_KEY_BYTES, &file, err);
    if (rc == 0 && file.len != SPOOL_KEY_BYTES)
        rc = err_set(err, ERR_FORMAT, "%s: not a key of %d bytes", secret_path, SPOOL_KEY_BYTES);
    if (rc == 0)
        memcpy(ret_secret->at, file.at, SPOOL_KEY_BYTES);
    if (file.at)
        sodium_memzero(file.at, file.len);
    return rc;
}

int inbox_hub_key(const char *root, const char *secret_path, struct spool_secret *ret_secret,
                  struct err *err)
{
    char path[INBOX_PATH_SIZE], hex[DIGEST_HEX_SIZE];
    struct digest public_key;
    int rc = file_make_folders(root, 0700, err);
    if (rc == 0)
        rc = read_key(secret_path, ret_secret, err);
    if (rc == ERR_NOT_FOUND)
        rc = make_key(secret_path, ret_secret, err);
    if (rc == 0 && crypto_scalarmult_base(public_key.at, ret_secret->at) != 0)
        rc = err_set(err, ERR_FORMAT, "%s: not a key", secret_path);
    if (rc < 0)
        return rc;
    snprintf(path, sizeof path, "%s/hub.pub", root);
    digest_hex(&public_key, hex);
    hex[DIGEST_HEX_SIZE - 1] = '\n';
    return file_write(path, 0644, bytes_of(hex, DIGEST_HEX_SIZE), err);
}

bool inbox_has_receipt(const char *root, const struct inbox_batch *batch)
{
    char path[INBOX_PATH_SIZE];
    inbox_path(root, batch, "receipt", path);
    return access(path, F_OK) == 0;
}

int inbox_count_unfinished(const char *root, const char *tenant)
{
    char path[INBOX_PATH_SIZE];
    int count = 0;
    snprintf(path, sizeof path, "%s/%s", root, tenant);
    DIR *folder = opendir(path);
    for (const struct dirent *entry; folder && (entry = readdir(folder)) != NULL;) {
        const struct inbox_batch batch = {tenant, entry->d_name};
        count += manifest_uuid_is_valid(entry->d_name) && !inbox_has_receipt(root, &batch);
    }
    if (folder)
        closedir(folder);
    return count;
}

static int take_away(const char *path, struct err *err)
{
    return unlink(path) < 0 && errno != ENOENT ? err_errno(err, errno, "%s", path) : 0;
}

int inbox_clear(const char *root, const struct inbox_batch *batch, struct err *err)
{
    static const char *const names[] = {INBOX_SPOOL, INBOX_REFUSALS, INBOX_BEGUN};
    char path[INBOX_PATH_SIZE];
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < sizeof names / sizeof *names; i++) {
        inbox_path(root, batch, names[i], path);
        rc = take_away(path, err);
    }
    inbox_queue_path(root, batch, path);
    return rc < 0 ? rc : take_away(path, err);
}
