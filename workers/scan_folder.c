/*
 * A folder as a source: every image file below it, in the order of names, each one envelope unless
 * folders are. A one-page file is kept byte for byte; a page of a multi-page TIFF is cut out
 * without loss. What is no image is listed as skipped.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <fts.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/digest.h"
#include "base/file.h"
#include "base/scope.h"
#include "workers/file_pages.h"
#include "workers/french.h"
#include "workers/scan.h"

static int by_name(const FTSENT **a, const FTSENT **b)
{
    return strcmp((*a)->fts_name, (*b)->fts_name);
}

static FTS *open_tree(const char *folder)
{
    char *paths[] = {(char *)folder, NULL};
    return fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, by_name);
}

int scan_folder_check(struct scan *scan, struct err *err)
{
    struct stat st;
    const char *folder = scan->options.input;
    if (stat(folder, &st) < 0)
        return err_errno(err, errno, "%s", folder);
    if (!S_ISDIR(st.st_mode))
        return err_set(err, ERR_NOT_FOUND, "%s: not a folder", folder);
    FTS *tree = open_tree(folder);
    if (!tree)
        return err_errno(err, errno, "%s", folder);
    for (FTSENT *entry; (entry = fts_read(tree)) != NULL;)
        scan->expected += entry->fts_info == FTS_F;
    fts_close(tree);
    if (scan->expected == 0)
        return err_set(err, ERR_NOT_FOUND, "%s: no file in this folder, nothing to scan", folder);
    return 0;
}

static void skip(struct scan *scan, const char *path, const char *why)
{
    char french[FRENCH_SIZE];
    scan->skipped++;
    scan->expected--;
    scan_say(scan, "ignoré : %s : %s", path, french_reason(why, french));
}

static int send_one(struct scan *scan, struct bytes image, json_t *record, struct err *err)
{
    scan->sheets++;
    const struct scan_side side = {.image = image,
                                   .sheet = scan->sheets,
                                   .side = 0,
                                   .starts_envelope = scan->starts,
                                   .capture = record};
    scan->starts = false;
    return scan_page(scan, &side, err);
}

/* One page of a file; a page that cannot be cut out is skipped, the rest goes on. */
static int send_page(struct scan *scan, const char *path, struct bytes file, unsigned page,
                     struct err *err)
{
    struct file_page cut;
    struct err why = {0};
    struct digest whole = digest_of(file);
    if (file_page_cut(file, page, &cut, &why) < 0) {
        skip(scan, path, why.text);
        return 0;
    }
    json_t *record = file_page_record(&whole, &cut.header, page);
    int rc = send_one(scan, cut.image, record, err);
    json_decref(record);
    buf_free(&cut.cut);
    return rc;
}

static int send_file(struct scan *scan, const char *path, struct err *err)
{
    SCOPED(buf_free) struct buf file = {0};
    struct image_header header;
    struct err why = {0};
    if (file_read(path, IMAGE_FILE_LIMIT_BYTES, &file, &why) < 0 ||
        image_header_read(buf_view(&file), 1, &header, &why) < 0) {
        skip(scan, path, why.text);
        return 0;
    }
    int rc = 0;
    scan->expected += header.pages - 1; /* it counted as one */
    for (unsigned page = 1; rc == 0 && page <= header.pages; page++)
        rc = send_page(scan, path, buf_view(&file), page, err);
    return rc;
}

int scan_folder(struct scan *scan, struct err *err)
{
    FTS *tree = open_tree(scan->options.input);
    if (!tree)
        return err_errno(err, errno, "%s", scan->options.input);
    int rc = 0;
    for (FTSENT *entry; rc == 0 && (entry = fts_read(tree)) != NULL;) {
        if (entry->fts_info == FTS_D)
            scan->starts = true;
        if (entry->fts_info != FTS_F)
            continue;
        scan->starts |= !scan->options.envelope_per_folder;
        rc = send_file(scan, entry->fts_path, err);
    }
    fts_close(tree);
    if (rc == 0 && scan->page == 0)
        rc = err_set(err, ERR_NOT_FOUND, "%s: none of %u files is an image", scan->options.input,
                     scan->skipped);
    return rc;
}
