/*
 * The outbox: see outbox.h. Every file of one line is written whole and renamed into its place.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "partners/outbox.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/scope.h"

enum { LINE_BYTES = 512, KEY_NAME_DIGITS = 16 };

static const char *const phases[] = {"preparing",     "ready",        "nothing",
                                     "acknowledging", "acknowledged", "refused"};
enum { PHASES = sizeof phases / sizeof *phases };

const char *outbox_phase_name(enum outbox_phase phase)
{
    return phases[phase];
}

/* ---- paths ---- */

/* The folder's name; that of the key is made of its digest, for a key may hold any sign. */
static void name_of(const struct outbox_owner *owner, char ret_name[OUTBOX_NAME_SIZE])
{
    char hex[DIGEST_HEX_SIZE];
    struct digest key = digest_of(bytes_of(owner->key, strlen(owner->key)));
    snprintf(ret_name, OUTBOX_NAME_SIZE, "%s-%s-%.*s", owner->tenant,
             owner->medical ? "medical" : "admin", KEY_NAME_DIGITS, digest_hex(&key, hex));
}

void outbox_path(const char *root, const struct outbox_owner *owner, const char *name,
                 char ret_path[INBOX_PATH_SIZE])
{
    char folder[OUTBOX_NAME_SIZE];
    name_of(owner, folder);
    snprintf(ret_path, INBOX_PATH_SIZE, "%s/outbox/%s%s%s", root, folder, name ? "/" : "",
             name ? name : "");
}

void outbox_file_path(const char *root, const struct outbox_owner *owner, uint32_t file,
                      char ret_path[INBOX_PATH_SIZE])
{
    char name[16] = "manifest";
    if (file > 0)
        snprintf(name, sizeof name, "%06u", file);
    outbox_path(root, owner, name, ret_path);
}

/* ---- files of one line ---- */

/* The line as a NUL-terminated text; ERR_NOT_FOUND. */
static int read_line(const char *root, const struct outbox_owner *owner, const char *name,
                     char ret_line[LINE_BYTES], struct err *err)
{
    char path[INBOX_PATH_SIZE];
    SCOPED(buf_free) struct buf file = {0};
    outbox_path(root, owner, name, path);
    int rc = file_read(path, LINE_BYTES - 1, &file, err);
    if (rc == 0)
        snprintf(ret_line, LINE_BYTES, "%.*s", (int)file.len, file.len ? (char *)file.at : "");
    return rc;
}

static int write_line(const char *root, const struct outbox_owner *owner, const char *name,
                      const char *line, struct err *err)
{
    char path[INBOX_PATH_SIZE];
    outbox_path(root, owner, name, path);
    return file_write(path, 0600, bytes_of(line, strlen(line)), err);
}

static int damaged(const struct outbox_owner *owner, const char *name, struct err *err)
{
    return err_set(err, ERR_FORMAT, "outbox of tenant %s: '%s' is damaged", owner->tenant, name);
}

static int read_order(const char *root, const struct outbox_owner *owner,
                      struct outbox_order *ret_order, char ret_key[CURVE_KEY_SIZE], struct err *err)
{
    char line[LINE_BYTES], what[8];
    int rc = read_line(root, owner, "order", line, err);
    if (rc < 0)
        return rc;
    if (sscanf(line, "%32s %u %7s %40s", ret_order->uuid, &ret_order->again, what, ret_key) != 4)
        return damaged(owner, "order", err);
    ret_order->pdf = strcmp(what, "pdf") == 0;
    return 0;
}

static int read_given(const char *root, const struct outbox_owner *owner,
                      struct outbox_given *ret_given, char ret_key[CURVE_KEY_SIZE], struct err *err)
{
    char line[LINE_BYTES], hex[DIGEST_HEX_SIZE];
    int rc = read_line(root, owner, "given", line, err);
    if (rc < 0)
        return rc;
    return sscanf(line, "%32s %u %64s %40s", ret_given->uuid, &ret_given->number, hex, ret_key) ==
                       4 &&
                   digest_parse(hex, &ret_given->manifest) == 0
               ? 0
               : damaged(owner, "given", err);
}

int outbox_standing(const char *root, const struct outbox_owner *owner,
                    struct outbox_standing *ret_standing, struct err *err)
{
    char line[LINE_BYTES], phase[16];
    struct outbox_standing *to = ret_standing;
    *to = (struct outbox_standing){0};
    int rc = read_line(root, owner, "standing", line, err);
    if (rc < 0)
        return rc;
    int got = sscanf(line, "%32s %15s %u %u %u %d %199[^\n]", to->uuid, phase, &to->number,
                     &to->again, &to->files, &to->code, to->reason);
    int number = 0;
    while (got >= 6 && number < PHASES && strcmp(phases[number], phase) != 0)
        number++;
    to->phase = (enum outbox_phase)number;
    return got >= 6 && number < PHASES ? 0 : damaged(owner, "standing", err);
}

/* ---- the gateway ---- */

static int write_order(const char *root, const struct outbox_owner *owner,
                       const struct outbox_order *order, struct err *err)
{
    char path[INBOX_PATH_SIZE], line[LINE_BYTES];
    snprintf(line, sizeof line, "%s %u %s %s\n", order->uuid, order->again,
             order->pdf ? "pdf" : "images", owner->key);
    outbox_path(root, owner, NULL, path);
    int rc = file_make_folders(path, 0700, err);
    return rc < 0 ? rc : write_line(root, owner, "order", line, err);
}

/* The call's own words when it was refused. */
static int tell(const struct outbox_standing *standing, struct err *err)
{
    return standing->phase == OUTBOX_REFUSED ? err_set(err, standing->code, "%s", standing->reason)
                                             : 0;
}

static bool is_there(const char *root, const struct outbox_owner *owner, const char *name)
{
    char path[INBOX_PATH_SIZE];
    outbox_path(root, owner, name, path);
    return access(path, F_OK) == 0;
}

/* An order that waits is left alone: its caller is answered first, then this one asks again. */
int outbox_ask(const char *root, const struct outbox_owner *owner, const struct outbox_order *order,
               struct outbox_standing *ret_standing, struct err *err)
{
    int rc = outbox_standing(root, owner, ret_standing, err);
    if (rc < 0 && rc != ERR_NOT_FOUND)
        return rc;
    if (rc == 0 && strcmp(ret_standing->uuid, order->uuid) == 0)
        return tell(ret_standing, err);
    *ret_standing = (struct outbox_standing){.phase = OUTBOX_PREPARING};
    memcpy(ret_standing->uuid, order->uuid, sizeof ret_standing->uuid);
    return is_there(root, owner, "order") ? 0 : write_order(root, owner, order, err);
}

int outbox_acknowledge(const char *root, const struct outbox_owner *owner,
                       const struct outbox_given *given, struct outbox_standing *ret_standing,
                       struct err *err)
{
    char line[LINE_BYTES], hex[DIGEST_HEX_SIZE];
    int rc = outbox_standing(root, owner, ret_standing, err);
    if (rc < 0)
        return rc;
    if (ret_standing->phase == OUTBOX_GIVEN && ret_standing->number == given->number)
        return 0;
    if (ret_standing->number != given->number || ret_standing->phase == OUTBOX_NOTHING)
        return err_set(err, ERR_NOT_FOUND, "hand-over %u is not ready", given->number);
    if (ret_standing->phase == OUTBOX_REFUSED)
        return tell(ret_standing, err);
    snprintf(line, sizeof line, "%s %u %s %s\n", given->uuid, given->number,
             digest_hex(&given->manifest, hex), owner->key);
    ret_standing->phase = OUTBOX_GIVING;
    return is_there(root, owner, "given") ? 0 : write_line(root, owner, "given", line, err);
}

int outbox_piece(const char *root, const struct outbox_owner *owner,
                 const struct outbox_place *place, struct inbox_part *ret_part, struct err *err)
{
    char path[INBOX_PATH_SIZE];
    struct outbox_standing standing;
    struct file_part from = {.at = place->at, .most = SPOOL_CHUNK_BYTES};
    *ret_part = (struct inbox_part){.at = place->at};
    int rc = outbox_standing(root, owner, &standing, err);
    if (rc == ERR_NOT_FOUND ||
        (rc == 0 && (standing.phase != OUTBOX_READY || standing.number != place->number ||
                     place->file > standing.files)))
        return err_set(err, ERR_NOT_FOUND, "hand-over %u, file %u: not there, fetch again",
                       place->number, place->file);
    outbox_file_path(root, owner, place->file, path);
    if (rc == 0 && place->file > 0) {
        from.most = PARCEL_PIECE_BYTES;
        rc = parcel_place(place->at, &from.at, err);
    }
    if (rc == 0)
        rc = file_read_part(path, &from, &ret_part->bytes, err);
    ret_part->whole = (uint32_t)from.whole;
    return rc;
}

/* ---- the hub's side ---- */

static DIR *open_outbox(const char *root, struct err *err, int *ret_code)
{
    char path[INBOX_PATH_SIZE];
    snprintf(path, sizeof path, "%s/outbox", root);
    DIR *folder = opendir(path);
    *ret_code = folder || errno == ENOENT ? 0 : err_errno(err, errno, "%s", path);
    return folder;
}

/* Tenant and compartment of a folder's name; the key is not known from it. */
static bool read_name(const char *name, struct outbox_owner *ret_owner)
{
    char compartment[8], key[KEY_NAME_DIGITS + 2], expected[OUTBOX_NAME_SIZE];
    *ret_owner = (struct outbox_owner){0};
    if (sscanf(name, "%3[0-9]-%7[a-z]-%17[0-9a-f]", ret_owner->tenant, compartment, key) != 3)
        return false;
    ret_owner->medical = strcmp(compartment, "medical") == 0;
    snprintf(expected, sizeof expected, "%s-%s-%s", ret_owner->tenant,
             ret_owner->medical ? "medical" : "admin", key);
    return strcmp(expected, name) == 0 && strlen(key) == KEY_NAME_DIGITS;
}

static bool has_file(const char *root, const char *folder, const char *name)
{
    char path[INBOX_PATH_SIZE];
    snprintf(path, sizeof path, "%s/outbox/%s/%s", root, folder, name);
    return access(path, F_OK) == 0;
}

/* The key stands in the file; it must be the one that the folder is named after. */
static int read_key(const char *root, const char *folder, const char *name,
                    struct outbox_owner *owner, struct err *err)
{
    char path[INBOX_PATH_SIZE], is[OUTBOX_NAME_SIZE];
    SCOPED(buf_free) struct buf file = {0};
    snprintf(path, sizeof path, "%s/outbox/%s/%s", root, folder, name);
    int rc = file_read(path, LINE_BYTES - 1, &file, err);
    if (rc == 0 && buf_append(&file, bytes_of("", 1)) < 0)
        rc = err_set(err, ERR_MEMORY, "outbox: no memory");
    if (rc < 0)
        return rc;
    const char *line = (const char *)file.at, *last = strrchr(line, ' ');
    snprintf(owner->key, sizeof owner->key, "%.40s", last ? last + 1 : "");
    name_of(owner, is);
    return strcmp(is, folder) == 0 ? 0 : damaged(owner, name, err);
}

static int read_work(const char *root, struct outbox_work *work, struct err *err)
{
    char key[CURVE_KEY_SIZE];
    work->has_order = has_file(root, work->name, "order");
    work->has_given = has_file(root, work->name, "given");
    int rc = read_key(root, work->name, work->has_given ? "given" : "order", &work->owner, err);
    if (rc == 0 && work->has_given)
        rc = read_given(root, &work->owner, &work->given, key, err);
    if (rc == 0 && work->has_order)
        rc = read_order(root, &work->owner, &work->order, key, err);
    return rc;
}

int outbox_next(const char *root, const char *after, struct outbox_work *ret_work, struct err *err)
{
    int rc;
    DIR *folder = open_outbox(root, err, &rc);
    struct outbox_owner owner;
    *ret_work = (struct outbox_work){0};
    for (const struct dirent *entry; folder && (entry = readdir(folder)) != NULL;) {
        const char *name = entry->d_name;
        if (!read_name(name, &owner) || strcmp(name, after) <= 0 ||
            (ret_work->name[0] && strcmp(name, ret_work->name) >= 0) ||
            (!has_file(root, name, "order") && !has_file(root, name, "given")))
            continue;
        snprintf(ret_work->name, sizeof ret_work->name, "%.63s", name);
        ret_work->owner = owner;
    }
    if (folder)
        closedir(folder);
    if (rc < 0 || !ret_work->name[0])
        return rc;
    rc = read_work(root, ret_work, err);
    return rc < 0 ? rc : 1;
}

/* What was answered goes, and only that: another order may have come meanwhile. */
static int take_away(const char *root, const struct outbox_owner *owner, const char *name,
                     const char *uuid, struct err *err)
{
    char path[INBOX_PATH_SIZE], line[LINE_BYTES];
    if (read_line(root, owner, name, line, NULL) < 0 ||
        strncmp(line, uuid, MANIFEST_UUID_SIZE - 1) != 0)
        return 0;
    outbox_path(root, owner, name, path);
    return unlink(path) < 0 && errno != ENOENT ? err_errno(err, errno, "%s", path) : 0;
}

int outbox_settle(const char *root, const struct outbox_owner *owner,
                  const struct outbox_standing *standing, struct err *err)
{
    char line[LINE_BYTES];
    snprintf(line, sizeof line, "%s %s %u %u %u %d %s\n", standing->uuid, phases[standing->phase],
             standing->number, standing->again, standing->files, standing->code, standing->reason);
    int rc = write_line(root, owner, "standing", line, err);
    if (rc == 0)
        rc = take_away(root, owner, "order", standing->uuid, err);
    return rc < 0 ? rc : take_away(root, owner, "given", standing->uuid, err);
}

int outbox_empty(const char *root, const struct outbox_owner *owner, struct err *err)
{
    char path[INBOX_PATH_SIZE];
    outbox_path(root, owner, "standing", path);
    return unlink(path) < 0 && errno != ENOENT ? err_errno(err, errno, "%s", path)
                                               : outbox_remove_files(root, owner, err);
}

static bool is_of_a_handover(const char *name)
{
    return strncmp(name, "manifest", 8) == 0 || strspn(name, "0123456789") == strlen(name);
}

int outbox_remove_files(const char *root, const struct outbox_owner *owner, struct err *err)
{
    char path[INBOX_PATH_SIZE];
    outbox_path(root, owner, NULL, path);
    DIR *folder = opendir(path);
    int rc = folder || errno == ENOENT ? 0 : err_errno(err, errno, "%s", path);
    for (const struct dirent *entry; folder && rc == 0 && (entry = readdir(folder)) != NULL;) {
        const char *name = entry->d_name;
        if (!is_of_a_handover(name))
            continue;
        outbox_path(root, owner, name, path);
        if (unlink(path) < 0 && errno != ENOENT)
            rc = err_errno(err, errno, "%s", path);
    }
    if (folder)
        closedir(folder);
    return rc;
}

int outbox_tidy(const char *root, int64_t age_s, struct err *err)
{
    char path[INBOX_PATH_SIZE];
    struct outbox_owner owner;
    struct stat stat_of;
    int rc, count = 0;
    DIR *folder = open_outbox(root, err, &rc);
    for (const struct dirent *entry; folder && rc == 0 && (entry = readdir(folder)) != NULL;) {
        if (!read_name(entry->d_name, &owner))
            continue;
        snprintf(path, sizeof path, "%s/outbox/%s", root, entry->d_name);
        if (stat(path, &stat_of) < 0 || time(NULL) - stat_of.st_mtime < age_s)
            continue;
        rc = file_remove_tree(path, err);
        count++;
    }
    if (folder)
        closedir(folder);
    return rc < 0 ? rc : count;
}
