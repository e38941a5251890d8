/*
 * Refused tries: see tries.h. The gateway stands open to the network: what it hands over is read as
 * foreign bytes.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "partners/tries.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/file.h"
#include "base/log.h"
#include "base/scope.h"

enum { PATH_SIZE = 1100, LINE_SIZE = 160 };

static const int64_t latest_ms = INT64_C(253402300799000); /* the last day that has four digits */
static const uint64_t most = UINT64_C(1000000000000000);   /* of a row: what JSON holds exactly */

/* ---- counting ---- */

static bool is_alike(const struct tried *a, const struct tried *b)
{
    return strcmp(a->key, b->key) == 0 && strcmp(a->kind, b->kind) == 0 &&
           strcmp(a->code, b->code) == 0 && strcmp(a->tenant, b->tenant) == 0;
}

/* The row that counts it; the last one is kept for what finds no other. */
static struct tried *row_of(struct tries *tries, const struct tried *tried)
{
    static const struct tried anybody = {.kind = "any", .code = "any"};
    int strangers = 0, last = 0;
    for (; last < tries->count; last++) {
        if (is_alike(&tries->at[last], tried))
            return &tries->at[last];
        strangers += !tries->at[last].tenant[0];
    }
    const bool full =
        last >= TRIES_MAX - 1 || (!tried->tenant[0] && strangers >= TRIES_STRANGERS_MAX);
    if (full && !is_alike(tried, &anybody))
        return row_of(tries, &anybody);
    tries->at[last] = *tried;
    tries->at[last].count = 0;
    tries->count++;
    return &tries->at[last];
}

void tries_add(struct tries *tries, const struct tried *tried, int64_t now_ms)
{
    if (tries->count == 0)
        tries->from_ms = tries->to_ms = now_ms;
    if (now_ms > tries->to_ms)
        tries->to_ms = now_ms;
    struct tried *row = row_of(tries, tried);
    row->count = row->count + tried->count < most ? row->count + tried->count : most;
}

/* ---- the file's text ---- */

static const char *written(const char *word)
{
    return word[0] ? word : "-";
}

int tries_write(const struct tries *tries, struct buf *ret_text, struct err *err)
{
    char line[LINE_SIZE];
    int len = snprintf(line, sizeof line, "tripli_tries 1 %" PRId64 " %" PRId64 " %d\n",
                       tries->from_ms, tries->to_ms, tries->count);
    int rc = buf_append(ret_text, bytes_of(line, (size_t)len));
    for (int i = 0; rc == 0 && i < tries->count; i++) {
        const struct tried *row = &tries->at[i];
        len = snprintf(line, sizeof line, "%s %s %s %s %" PRIu64 "\n", written(row->tenant),
                       written(row->key), row->kind, row->code, row->count);
        rc = buf_append(ret_text, bytes_of(line, (size_t)len));
    }
    return rc < 0 ? err_set(err, ERR_MEMORY, "tries: no memory") : 0;
}

static bool is_word(const char *word)
{
    return word[0] && strspn(word, "abcdefghijklmnopqrstuvwxyz_") == strlen(word);
}

static bool read_row(const char *line, struct tried *ret_row)
{
    struct tried row = {0};
    if (sscanf(line, "%3s %40s %23s %23s %" SCNu64, row.tenant, row.key, row.kind, row.code,
               &row.count) != 5)
        return false;
    if (strcmp(row.tenant, "-") == 0)
        row.tenant[0] = '\0';
    if (strcmp(row.key, "-") == 0)
        row.key[0] = '\0';
    *ret_row = row;
    return (!row.tenant[0] || manifest_tenant_is_valid(row.tenant)) &&
           (!row.key[0] || curve_key_is_valid(row.key)) && is_word(row.kind) && is_word(row.code) &&
           row.count >= 1 && row.count <= most;
}

static bool read_head(const char *line, struct tries *ret_tries)
{
    return sscanf(line, "tripli_tries 1 %" SCNd64 " %" SCNd64 " %d", &ret_tries->from_ms,
                  &ret_tries->to_ms, &ret_tries->count) == 3 &&
           ret_tries->from_ms >= 0 && ret_tries->from_ms <= ret_tries->to_ms &&
           ret_tries->to_ms <= latest_ms && ret_tries->count >= 0 && ret_tries->count <= TRIES_MAX;
}

/* Cuts the next line off; false when none has an end, or it is longer than any. */
static bool next_line(struct bytes *text, char ret_line[LINE_SIZE])
{
    const uint8_t *end = text->len ? memchr(text->at, '\n', text->len) : NULL;
    const size_t len = end ? (size_t)(end - text->at) : LINE_SIZE;
    if (len >= LINE_SIZE)
        return false;
    memcpy(ret_line, text->at, len);
    ret_line[len] = '\0';
    *text = bytes_of(end + 1, text->len - len - 1);
    return true;
}

static bool read_lines(struct bytes text, struct tries *ret_tries)
{
    char line[LINE_SIZE];
    bool holds = next_line(&text, line) && read_head(line, ret_tries);
    for (int i = 0; holds && i < ret_tries->count; i++)
        holds = next_line(&text, line) && read_row(line, &ret_tries->at[i]);
    return holds;
}

int tries_read(struct bytes text, struct tries *ret_tries, struct err *err)
{
    SCOPED(buf_free) struct buf again = {0};
    if (!read_lines(text, ret_tries))
        return err_set(err, ERR_FORMAT, "tries: a line is damaged");
    int rc = tries_write(ret_tries, &again, err);
    if (rc < 0)
        return rc;
    return bytes_equal(text, buf_view(&again))
               ? 0
               : err_set(err, ERR_FORMAT, "tries: not as they are written");
}

/* ---- files ---- */

static void path_of(const char *root, const char *name, char ret_path[PATH_SIZE])
{
    snprintf(ret_path, PATH_SIZE, "%.1000s/tries%s%s", root, name[0] ? "/" : "", name);
}

static int move(const char *root, const char *from, const char *to, struct err *err)
{
    char path[PATH_SIZE], new_path[PATH_SIZE];
    path_of(root, from, path);
    path_of(root, to, new_path);
    return rename(path, new_path) < 0 ? err_errno(err, errno, "%s: rename", path) : 0;
}

static int sync_folder(const char *root, struct err *err)
{
    char path[PATH_SIZE];
    path_of(root, "", path);
    return file_sync_folder(path, err);
}

/* 1, or 0 when it is not there, or was set aside. */
static int read_file(const char *root, const char *name, struct tries *ret_tries,
                     struct digest *ret_id, struct err *err)
{
    char path[PATH_SIZE];
    struct err why = {0};
    SCOPED(buf_free) struct buf text = {0};
    path_of(root, name, path);
    int rc = file_read(path, TRIES_FILE_BYTES, &text, &why);
    if (rc == 0)
        rc = tries_read(buf_view(&text), ret_tries, &why);
    *ret_id = digest_of(buf_view(&text));
    if (rc == ERR_NOT_FOUND)
        return 0;
    if (rc != ERR_FORMAT && rc != ERR_LIMIT)
        return rc < 0 ? err_set(err, rc, "%.350s", why.text) : 1;
    log_error(
        "'%s' of refused tries is set aside as 'damaged', they are not in the access journal: "
        "%s",
        name, why.text);
    return move(root, name, "damaged", err);
}

/* ---- the gateway ---- */

int tries_open(const char *root, struct tries_counter *ret_counter, struct err *err)
{
    char path[PATH_SIZE];
    struct digest ignored;
    *ret_counter = (struct tries_counter){0};
    snprintf(ret_counter->root, sizeof ret_counter->root, "%s", root);
    path_of(root, "", path);
    int rc = file_make_folders(path, 0700, err);
    if (rc == 0)
        rc = read_file(root, "counting", &ret_counter->tries, &ignored, err);
    if (rc == 0)
        ret_counter->tries.count = 0;
    return rc < 0 ? rc : 0;
}

void tries_count(struct tries_counter *counter, const struct tried *tried, int64_t now_ms)
{
    tries_add(&counter->tries, tried, now_ms);
    counter->changed = true;
}

static int write_counting(struct tries_counter *counter, struct err *err)
{
    char path[PATH_SIZE];
    SCOPED(buf_free) struct buf text = {0};
    path_of(counter->root, "counting", path);
    int rc = tries_write(&counter->tries, &text, err);
    if (rc == 0)
        rc = file_write(path, 0600, buf_view(&text), err);
    counter->changed = rc < 0;
    return rc;
}

static int hand_over(struct tries_counter *counter, struct err *err)
{
    fault_point("tries.hand.before_rename");
    int rc = move(counter->root, "counting", "counted", err);
    fault_point("tries.hand.after_rename");
    if (rc < 0)
        return rc;
    counter->tries.count = 0;
    return sync_folder(counter->root, err);
}

/* A clock that went back ends every wait. */
static bool is_over(int64_t since_ms, int64_t now_ms, int64_t wait_ms)
{
    return now_ms - since_ms >= wait_ms || now_ms < since_ms;
}

int tries_keep(struct tries_counter *counter, int64_t now_ms, bool ends, struct err *err)
{
    const struct tries *tries = &counter->tries;
    int rc = 0;
    if (counter->changed && (ends || is_over(counter->kept_ms, now_ms, TRIES_KEEP_MS))) {
        counter->kept_ms = now_ms;
        rc = write_counting(counter, err);
    }
    if (rc < 0 || counter->changed || tries->count == 0 ||
        !(ends || is_over(tries->from_ms, now_ms, TRIES_PERIOD_MS)) ||
        tries_are_waiting(counter->root))
        return rc;
    return hand_over(counter, err);
}

/* ---- who notes them ---- */

bool tries_are_waiting(const char *root)
{
    char path[PATH_SIZE];
    path_of(root, "counted", path);
    return access(path, F_OK) == 0;
}

/* Durable under this name first: otherwise a power cut could give them back to the gateway. */
int tries_take(const char *root, struct tries *ret_tries, struct digest *ret_id, struct err *err)
{
    if (!tries_are_waiting(root))
        return 0;
    int rc = sync_folder(root, err);
    return rc < 0 ? rc : read_file(root, "counted", ret_tries, ret_id, err);
}

int tries_taken(const char *root, struct err *err)
{
    char path[PATH_SIZE];
    path_of(root, "counted", path);
    fault_point("tries.taken.before_unlink");
    if (unlink(path) < 0)
        return err_errno(err, errno, "%s: remove", path);
    fault_point("tries.taken.after_unlink");
    return sync_folder(root, err);
}
