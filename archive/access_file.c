/*
 * Reading the access journal's files: see access_file.h and access.h. Anybody who owns the data may
 * have changed them: nothing in them is believed, and lines have a greatest length.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "archive/access_file.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/file_copy.h"
#include "archive/state.h"
#include "base/scope.h"

static const char ending[] = ".log";

void access_folder(const struct archive *archive, char ret_path[PATH_MAX])
{
    snprintf(ret_path, PATH_MAX, "%s/access", archive->data_dir);
}

void access_path(const char *folder, const char *month, char ret_path[PATH_MAX])
{
    snprintf(ret_path, PATH_MAX, "%.4000s/%.7s%s", folder, month, ending);
}

struct digest access_beginning(void)
{
    static const char text[] = "tripli access journal";
    return digest_of(bytes_of(text, sizeof text - 1));
}

/* ---- which files ---- */

static bool is_month(const char *name)
{
    char text[DAY_TEXT_SIZE];
    struct day day;
    snprintf(text, sizeof text, "%.7s-01", name);
    return strlen(name) == MONTH_TEXT_SIZE - 1 + sizeof ending - 1 &&
           strcmp(name + MONTH_TEXT_SIZE - 1, ending) == 0 && day_parse(text, &day) == 0;
}

struct listing {
    struct access_months *months;
    const char *folder;
    struct err *err;
};

static int add_month(void *to, const char *name)
{
    const struct listing *listing = to;
    struct access_months *months = listing->months;
    if (!is_month(name))
        return 0;
    if (months->count == ACCESS_MONTHS_MAX)
        return err_set(listing->err, ERR_LIMIT, "%s: more than %d months", listing->folder,
                       ACCESS_MONTHS_MAX);
    int place = months->count++;
    for (; place > 0 && strncmp(months->at[place - 1], name, MONTH_TEXT_SIZE - 1) > 0; place--)
        memcpy(months->at[place], months->at[place - 1], MONTH_TEXT_SIZE);
    snprintf(months->at[place], MONTH_TEXT_SIZE, "%s", name);
    return 0;
}

int access_list(const char *folder, struct access_months *ret_months, struct err *err)
{
    struct listing listing = {ret_months, folder, err};
    ret_months->count = 0;
    return folder_each(folder, add_month, &listing, err);
}

/* ---- lines ---- */

bool access_line_parse(struct bytes line, struct digest *ret_hash, struct bytes *ret_record)
{
    char hex[DIGEST_HEX_SIZE] = "";
    if (line.len <= DIGEST_HEX_SIZE || line.at[DIGEST_HEX_SIZE - 1] != ' ')
        return false;
    memcpy(hex, line.at, DIGEST_HEX_SIZE - 1);
    *ret_record = bytes_of(line.at + DIGEST_HEX_SIZE, line.len - DIGEST_HEX_SIZE);
    return digest_parse(hex, ret_hash) == 0;
}

/* From the last bytes of a file, after its last but one line's end. */
static bool parse_head(struct bytes line, struct access_head *ret_head)
{
    struct bytes record;
    struct access_head head;
    if (!access_line_parse(line, &head.hash, &record))
        return false;
    json_t *json = json_loadb((const char *)record.at, record.len, 0, NULL);
    const json_int_t seq = json_integer_value(json_object_get(json, "seq"));
    json_decref(json);
    head.seq = (uint64_t)seq;
    if (seq > 0)
        *ret_head = head;
    return seq > 0;
}

/* The last line in what stands at the end of a file, up to 2 lines of the greatest length; `from`:
 * where that begins. 1, 0 there is none, -1 it is no record. */
static int find_end(struct bytes tail, off_t from, struct access_head *ret_head, off_t *ret_end)
{
    const uint8_t *last = memrchr(tail.at, '\n', tail.len);
    if (!last && from == 0)
        return 0;
    const uint8_t *before = last ? memrchr(tail.at, '\n', (size_t)(last - tail.at)) : NULL;
    const uint8_t *start = before ? before + 1 : tail.at;
    if (!last || (!before && from > 0) ||
        !parse_head(bytes_of(start, (size_t)(last - start)), ret_head))
        return -1;
    *ret_end = from + (last - tail.at) + 1;
    return 1;
}

int access_read_end(const char *path, struct access_head *ret_head, off_t *ret_end, struct err *err)
{
    uint8_t tail[2 * ACCESS_LINE_MAX];
    struct stat st;
    SCOPED(scope_close) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 || fstat(fd, &st) < 0)
        return err_errno(err, errno, "%s", path);
    const off_t from = st.st_size > (off_t)sizeof tail ? st.st_size - (off_t)sizeof tail : 0;
    const ssize_t got = pread(fd, tail, sizeof tail, from);
    if (got < 0)
        return err_errno(err, errno, "%s: read", path);
    const int found = find_end(bytes_of(tail, (size_t)got), from, ret_head, ret_end);
    return found < 0 ? err_set(err, ERR_INTEGRITY, "%s: its last line is no record", path) : found;
}

/* ---- all lines ---- */

/* A last line without its end is passed over; one that is too long comes as several, which are
 * none. */
static int show_file(FILE *file, const char *month,
                     int (*each)(void *to, const struct access_line *line), void *to)
{
    char text[ACCESS_LINE_MAX + 2];
    struct access_line line = {.month = month};
    int rc = 0;
    while (rc == 0 && fgets(text, sizeof text, file)) {
        const char *end = strchr(text, '\n');
        if (!end && feof(file))
            break;
        line.number++;
        line.record = bytes_of(NULL, 0);
        line.hash = (struct digest){{0}};
        const size_t len = end ? (size_t)(end - text) : 0;
        if (!access_line_parse(bytes_of(text, len), &line.hash, &line.record))
            line.record = bytes_of(NULL, 0);
        rc = each(to, &line);
    }
    return rc;
}

int access_each(const struct archive *archive,
                int (*each)(void *to, const struct access_line *line), void *to, struct err *err)
{
    struct access_months months;
    char folder[PATH_MAX], path[PATH_MAX];
    access_folder(archive, folder);
    int rc = access_list(folder, &months, err);
    for (int i = 0; rc == 0 && i < months.count; i++) {
        access_path(folder, months.at[i], path);
        SCOPED(scope_fclose) FILE *file = fopen(path, "re");
        if (file)
            rc = show_file(file, months.at[i], each, to);
        else if (errno != ENOENT) /* pruned just now: the journal says so further on */
            rc = err_errno(err, errno, "%s", path);
    }
    return rc;
}
