/*
 * CURVE keys and the allow-list: see curve.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "wire/curve.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/scope.h"

enum { FILE_LIMIT_BYTES = 64 << 10, NAME_SIZE = 64, REFRESH_MS = 1000 };

int curve_generate(struct curve_keys *ret_keys, struct err *err)
{
    if (zmq_curve_keypair(ret_keys->public_key, ret_keys->secret_key) < 0)
        return err_set(err, ERR_UNSUPPORTED, "key pair: %s", zmq_strerror(errno));
    return 0;
}

int curve_key_bytes(const char *key, uint8_t ret_bytes[CURVE_RAW_BYTES], struct err *err)
{
    return strlen(key) == CURVE_KEY_SIZE - 1 && zmq_z85_decode(ret_bytes, key)
               ? 0
               : err_set(err, ERR_FORMAT, "key: not 40 characters of Z85");
}

bool curve_key_is_valid(const char *key)
{
    uint8_t raw[CURVE_RAW_BYTES];
    return curve_key_bytes(key, raw, NULL) == 0;
}

int curve_save(const char *path, const struct curve_keys *keys, struct err *err)
{
    SCOPED(scope_close) int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 && errno == EEXIST)
        return err_set(err, ERR_CONFLICT, "%s: exists already, keys are never replaced", path);
    if (fd < 0)
        return err_errno(err, errno, "%s", path);
    char text[2 * CURVE_KEY_SIZE + 32];
    int len =
        snprintf(text, sizeof text, "public %s\nsecret %s\n", keys->public_key, keys->secret_key);
    int rc = file_write_all(fd, bytes_of(text, (size_t)len), path, err);
    if (rc == 0 && fdatasync(fd) < 0)
        rc = err_errno(err, errno, "%s: sync", path);
    sodium_memzero(text, sizeof text);
    return rc;
}

int curve_load(const char *path, struct curve_keys *ret_keys, struct err *err)
{
    struct stat st;
    if (stat(path, &st) < 0)
        return err_errno(err, errno, "%s", path);
    if (st.st_mode & 077)
        return err_set(err, ERR_DENIED, "%s: mode %04o, others may read it; must be 0600", path,
                       st.st_mode & 07777);
    SCOPED(buf_free) struct buf text = {0};
    int rc = file_read(path, FILE_LIMIT_BYTES, &text, err);
    if (rc < 0)
        return rc;
    if (buf_append(&text, bytes_of("", 1)) < 0)
        return err_set(err, ERR_MEMORY, "%s: no memory", path);
    int got = sscanf((const char *)text.at, "public %40s secret %40s", ret_keys->public_key,
                     ret_keys->secret_key);
    sodium_memzero(text.at, text.len);
    if (got != 2 || !curve_key_is_valid(ret_keys->public_key) ||
        !curve_key_is_valid(ret_keys->secret_key))
        return err_set(err, ERR_FORMAT, "%s: not a key pair file", path);
    return 0;
}

struct allowed {
    char key[CURVE_KEY_SIZE];
    char name[NAME_SIZE];
};

struct allow_list {
    char *path;
    struct timespec changed;
    int64_t looked_ms;
    bool is_broken; /* the file as it is now is not in force */
    size_t count;
    struct allowed rows[ALLOW_LIST_MAX];
};

static int read_line(struct allow_list *list, char *line, int number, struct err *err)
{
    line[strcspn(line, "\r")] = '\0';
    char key[64] = "", name[NAME_SIZE] = "";
    int got = sscanf(line, "%63s %63[^\n]", key, name);
    if (got <= 0 || (line[0] == '#' && !curve_key_is_valid(key)))
        return 0; /* '#' may also begin a key; before one it takes it out */
    if (got != 2 || !curve_key_is_valid(key))
        return err_set(err, ERR_CONFIG, "%s:%d: a public key of 40 characters and a name wanted",
                       list->path, number);
    if (list->count == ALLOW_LIST_MAX)
        return err_set(err, ERR_LIMIT, "%s: more than %d keys", list->path, ALLOW_LIST_MAX);
    struct allowed *row = &list->rows[list->count++];
    memcpy(row->key, key, CURVE_KEY_SIZE);
    memcpy(row->name, name, NAME_SIZE);
    return 0;
}

static int read_list(struct allow_list *list, struct err *err)
{
    SCOPED(buf_free) struct buf text = {0};
    int rc = file_read(list->path, FILE_LIMIT_BYTES, &text, err);
    if (rc < 0)
        return rc;
    if (buf_append(&text, bytes_of("", 1)) < 0)
        return err_set(err, ERR_MEMORY, "%s: no memory", list->path);
    list->count = 0;
    char *rest = (char *)text.at, *line;
    for (int number = 1; (line = strsep(&rest, "\n")) != NULL; number++) {
        rc = read_line(list, line, number, err);
        if (rc < 0)
            return rc;
    }
    return 1;
}

static int refresh(struct allow_list *list, struct err *err)
{
    int64_t now = clock_mono_ms();
    if (list->looked_ms && now - list->looked_ms < REFRESH_MS)
        return 0;
    list->looked_ms = now;
    struct stat st;
    if (stat(list->path, &st) < 0)
        return err_errno(err, errno, "%s", list->path);
    if (st.st_mtim.tv_sec == list->changed.tv_sec && st.st_mtim.tv_nsec == list->changed.tv_nsec)
        return 0;
    struct allow_list *fresh = calloc(1, sizeof *fresh);
    if (!fresh)
        return err_set(err, ERR_MEMORY, "%s: no memory", list->path);
    fresh->path = list->path;
    int rc = read_list(fresh, err);
    if (rc > 0) {
        fresh->changed = st.st_mtim;
        fresh->looked_ms = now;
        *list = *fresh;
    }
    free(fresh);
    return rc;
}

void allow_list_refresh(struct allow_list *list)
{
    struct err why;
    int64_t looked_ms = list->looked_ms;
    int rc = refresh(list, &why);
    if (list->looked_ms == looked_ms)
        return;
    if (rc < 0 && !list->is_broken)
        log_error("%s; the list as it was stays in force", why.text);
    if (rc > 0 || (rc == 0 && list->is_broken))
        log_info("%s read again", list->path);
    list->is_broken = rc < 0;
}

bool allow_list_is_broken(const struct allow_list *list)
{
    return list->is_broken;
}

int allow_list_open(const char *path, struct allow_list **ret_list, struct err *err)
{
    struct allow_list *list = calloc(1, sizeof *list);
    if (!list || !(list->path = strdup(path))) {
        free(list);
        return err_set(err, ERR_MEMORY, "%s: no memory", path);
    }
    int rc = refresh(list, err);
    if (rc < 0) {
        allow_list_free(&list);
        return rc;
    }
    *ret_list = list;
    return 0;
}

void allow_list_free(struct allow_list **list)
{
    if (!list || !*list)
        return;
    free((*list)->path);
    free(*list);
    *list = NULL;
}

const char *allow_list_name(const struct allow_list *list, const char *public_key)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->rows[i].key, public_key) == 0)
            return list->rows[i].name;
    return NULL;
}
