/*
 * A partner's folder of a hand-over: see fetch_folder.h. Names come from the signed manifest and
 * are believed only when they can be nothing but a file in the folder.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "workers/fetch_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/scope.h"
#include "partners/spool.h"

enum {
    NAME_SIZE = 40,
    PATH_SIZE = PLACE_SIZE + 128,
    LINE_FIELDS = 5,
    TWINS_MAX = 99 /* folders of one number, after one hand-over was fetched again and again */
};

struct fetch_line {
    char name[NAME_SIZE];
    struct digest digest;
};

/* ---- the manifest ---- */

static bool name_is_valid(const char *name)
{
    size_t len = strlen(name);
    return len > 0 && len < NAME_SIZE && name[0] != '.' &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-._") == len &&
           strcmp(name, "manifest") != 0 && !strstr(name, ".part");
}

static bool read_line(const json_t *json, struct fetch_line *line, struct fetch_file *file)
{
    const char *name = json_string_value(json_object_get(json, "name"));
    const char *hex = json_string_value(json_object_get(json, "digest"));
    json_int_t number = json_integer_value(json_object_get(json, "file"));
    json_int_t bytes = json_integer_value(json_object_get(json, "bytes"));
    if (!name || !name_is_valid(name) || !hex || digest_parse(hex, &line->digest) < 0 ||
        number != file->file || bytes < 0 || bytes > SPOOL_FILE_BYTES ||
        json_object_size(json) != LINE_FIELDS)
        return false;
    memcpy(line->name, name, strlen(name) + 1);
    file->bytes = (uint32_t)bytes;
    return true;
}

static int read_lines(struct fetch_folder *folder, struct bytes lines, struct err *err)
{
    folder->count = folder->handover.files;
    folder->files = calloc(folder->count, sizeof *folder->files);
    folder->lines = calloc(folder->count, sizeof *folder->lines);
    if (!folder->files || !folder->lines)
        return err_set(err, ERR_MEMORY, "hand-over: no memory for %u files", folder->count);
    for (uint32_t i = 0; i < folder->count; i++) {
        const uint8_t *end = lines.len ? memchr(lines.at, '\n', lines.len) : NULL;
        size_t len = end ? (size_t)(end - lines.at) : 0;
        json_t *json = json_loadb((const char *)lines.at, len, JSON_REJECT_DUPLICATES, NULL);
        folder->files[i].file = i + 1;
        bool good = read_line(json, &folder->lines[i], &folder->files[i]);
        json_decref(json);
        if (!good)
            return err_set(err, ERR_FORMAT, "manifest line %u: no file", i + 2);
        lines = bytes_of(end + 1, lines.len - len - 1);
        folder->bytes += folder->files[i].bytes;
    }
    return lines.len == 0 ? 0 : err_set(err, ERR_FORMAT, "manifest: lines after its last file");
}

/* ---- where ---- */

static void path_of(const struct fetch_folder *folder, uint32_t index, const char *ending,
                    char ret_path[PATH_SIZE])
{
    snprintf(ret_path, PATH_SIZE, "%s/%s%s", folder->part, folder->lines[index].name, ending);
}

/* Whether the folder holds this manifest: 1, 0 another, ERR_NOT_FOUND: no such folder. */
static int holds(const char *folder, struct bytes manifest, struct err *err)
{
    char path[PATH_SIZE];
    struct stat st;
    SCOPED(buf_free) struct buf file = {0};
    if (stat(folder, &st) < 0)
        return errno == ENOENT ? ERR_NOT_FOUND : err_errno(err, errno, "%s", folder);
    snprintf(path, sizeof path, "%s/manifest", folder);
    int rc = file_read(path, HANDOVER_BYTES_MAX, &file, err);
    if (rc == ERR_NOT_FOUND)
        return 0;
    return rc < 0 ? rc : bytes_equal(buf_view(&file), manifest);
}

/* The folder that has this manifest, or the first name that is free. */
static int find_name(struct fetch_folder *folder, const char *to, struct bytes manifest,
                     struct err *err)
{
    const struct handover *handover = &folder->handover;
    char name[48], twin[8] = "";
    snprintf(name, sizeof name, "%s-%s-%06u", handover->tenant,
             compartment_name(handover->compartment), handover->number);
    snprintf(folder->part, sizeof folder->part, "%s/.%s.part", to, name);
    for (int i = 1; i <= TWINS_MAX; i++) {
        if (i > 1)
            snprintf(twin, sizeof twin, "-%d", i);
        snprintf(folder->path, sizeof folder->path, "%s/%s%s", to, name, twin);
        int rc = holds(folder->path, manifest, err);
        folder->is_there = rc == 1;
        if (rc != 0)
            return rc == ERR_NOT_FOUND || rc == 1 ? 0 : rc;
    }
    return err_set(err, ERR_LIMIT, "%s: %d of it are there already", folder->path, TWINS_MAX);
}

/* What another manifest left is of no use. */
static int make_part(struct fetch_folder *folder, struct bytes manifest, struct err *err)
{
    char path[PATH_SIZE];
    int rc = holds(folder->part, manifest, err);
    if (rc == 1)
        return 0;
    if (rc == 0)
        rc = file_remove_tree(folder->part, err);
    else if (rc == ERR_NOT_FOUND)
        rc = 0;
    if (rc == 0)
        rc = file_make_folders(folder->part, 0700, err);
    snprintf(path, sizeof path, "%s/manifest", folder->part);
    return rc < 0 ? rc : file_write(path, 0600, manifest, err);
}

/* ---- what is there ---- */

static bool has_digest(const char *path, const struct fetch_file *file,
                       const struct fetch_line *line)
{
    SCOPED(buf_free) struct buf content = {0};
    struct err ignored;
    if (file_read(path, file->bytes, &content, &ignored) < 0 || content.len != file->bytes)
        return false;
    struct digest is = digest_of(buf_view(&content));
    return digest_equal(&is, &line->digest);
}

/* A whole file stays; of one begun, what makes whole pieces. */
static int look_at(struct fetch_folder *folder, uint32_t index, struct err *err)
{
    char path[PATH_SIZE];
    struct stat st;
    struct fetch_file *file = &folder->files[index];
    path_of(folder, index, "", path);
    if (stat(path, &st) == 0 && has_digest(path, file, &folder->lines[index])) {
        file->at = file->bytes;
        return 0;
    }
    path_of(folder, index, ".part", path);
    if (stat(path, &st) == 0 && st.st_size > 0) {
        file->at = (uint32_t)(st.st_size < file->bytes ? st.st_size : file->bytes - 1);
        file->at -= file->at % SPOOL_CHUNK_BYTES;
        if (truncate(path, file->at) < 0)
            return err_errno(err, errno, "%s", path);
    }
    folder->left += file->bytes - file->at;
    return 0;
}

int fetch_folder_open(const char *to, struct bytes manifest, const struct digest *public_key,
                      struct fetch_folder *ret_folder, struct err *err)
{
    struct fetch_folder *folder = ret_folder;
    struct bytes lines;
    *folder = (struct fetch_folder){.manifest = digest_of(manifest)};
    int rc = handover_check(manifest, public_key, &folder->handover, &lines, err);
    if (rc == 0)
        rc = read_lines(folder, lines, err);
    if (rc == 0)
        rc = find_name(folder, to, manifest, err);
    if (rc < 0 || folder->is_there)
        return rc;
    rc = make_part(folder, manifest, err);
    for (uint32_t i = 0; rc == 0 && i < folder->count; i++)
        rc = look_at(folder, i, err);
    return rc;
}

void fetch_folder_clear(struct fetch_folder *folder)
{
    free(folder->files);
    free(folder->lines);
    *folder = (struct fetch_folder){0};
}

/* ---- what comes ---- */

static int append(const char *path, uint32_t at, struct bytes plain, bool last, struct err *err)
{
    SCOPED(scope_close) int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0 || lseek(fd, at, SEEK_SET) < 0)
        return err_errno(err, errno, "%s", path);
    int rc = file_write_all(fd, plain, path, err);
    return rc == 0 && last && fdatasync(fd) < 0 ? err_errno(err, errno, "%s", path) : rc;
}

int fetch_folder_take(struct fetch_folder *folder, const struct fetch_piece *piece, struct err *err)
{
    char part[PATH_SIZE], path[PATH_SIZE];
    const struct fetch_file *file = &folder->files[piece->index];
    bool last = piece->at + piece->plain.len == file->bytes;
    path_of(folder, piece->index, ".part", part);
    int rc = append(part, piece->at, piece->plain, last, err);
    folder->left -= piece->plain.len;
    if (rc < 0 || !last)
        return rc;
    path_of(folder, piece->index, "", path);
    if (!has_digest(part, file, &folder->lines[piece->index])) {
        unlink(part);
        return err_set(err, ERR_INTEGRITY, "%s: not the digest that the manifest states", path);
    }
    return rename(part, path) < 0 ? err_errno(err, errno, "%s", path) : 0;
}

int fetch_folder_finish(struct fetch_folder *folder, const char *to, struct err *err)
{
    if (folder->is_there)
        return 0;
    int rc = file_sync_folder(folder->part, err);
    if (rc == 0 && rename(folder->part, folder->path) < 0)
        rc = err_errno(err, errno, "%s", folder->path);
    return rc < 0 ? rc : file_sync_folder(to, err);
}
