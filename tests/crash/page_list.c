/*
 * Lists pages for the storm, one line each: "BATCH PAGE STATE TAG DIGEST".
 *   page-list archive DATA KEYS   every page that catalogue and intake know, each row of them
 *   page-list paper FILE...       what a feeder makes of image files: number and digest at birth
 * A page in two places is two lines; who reads them counts.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <leptonica/allheaders.h>
#include <stdio.h>
#include <string.h>

#include "archive/intake_row.h"
#include "archive/state.h"
#include "base/file.h"
#include "base/log.h"
#include "base/scope.h"
#include "base/seal.h"
#include "image/decode.h"
#include "image/encode.h"

enum { FILE_LIMIT_BYTES = 64 << 20 };

static void print_page(struct page_id id, const char *state, const char *tag,
                       const struct digest *digest)
{
    char hex[DIGEST_HEX_SIZE];
    digest_hex(digest, hex);
    printf("%u %u %s %s %s\n", id.batch, id.page, state, tag[0] ? tag : "-", hex);
}

static int print_filed(struct bytes key, struct bytes value, struct err *err)
{
    struct page_row row;
    struct page_id id = page_of_key(key);
    if (!page_row_decode(value, &row))
        return err_set(err, ERR_INTEGRITY, "page %u-%u: its row is damaged", id.batch, id.page);
    print_page(id, "filed", row.tag, &row.digest);
    return 0;
}

static int print_waiting(struct bytes key, struct bytes value, struct err *err)
{
    struct intake_row row;
    struct page_id id = page_of_key(key);
    if (!intake_row_decode(value, &row))
        return err_set(err, ERR_INTEGRITY, "page %u-%u: its row is damaged", id.batch, id.page);
    print_page(id, page_state_name(row.state), row.tag, &row.digest);
    return 0;
}

static int walk(struct store *store, int db, int (*print)(struct bytes, struct bytes, struct err *),
                struct err *err)
{
    SCOPED(store_abort) struct store_txn txn = {0};
    SCOPED(store_walk_end) struct store_cursor cursor = {0};
    struct db_key start = {.len = 0};
    struct store_entry entry;
    int rc = store_begin_read(store, &txn, err);
    if (rc == 0)
        rc = store_walk(&txn, db, &start, &cursor, err);
    while (rc >= 0 && (rc = store_next(&cursor, &entry, err)) == 1)
        rc = print(entry.key, entry.value, err);
    return rc < 0 ? rc : 0;
}

static int list_archive(char **place, struct err *err)
{
    struct archive *archive = NULL;
    const struct archive_params params = {
        .data_dir = place[0], .key_dir = place[1], .config_dir = getenv("TRIPLI_CONFIG")};
    int rc = archive_open(&params, &archive, err);
    if (rc == 0)
        rc = live_refresh(archive, err);
    if (rc == 0)
        rc = walk(archive->catalogue, CAT_PAGES, print_filed, err);
    for (size_t i = 0; rc == 0 && i < archive->day_count; i++)
        rc = walk(archive->days[i]->store, IN_PAGES, print_waiting, err);
    archive_free(&archive);
    return rc;
}

static int list_paper(const char *path, uint32_t number, struct err *err)
{
    SCOPED(buf_free) struct buf file = {0}, kept = {0};
    SCOPED(image_free) struct Pix *page = NULL;
    int rc = file_read(path, FILE_LIMIT_BYTES, &file, err);
    if (rc == 0)
        rc = image_decode(buf_view(&file), &IMAGE_DECODE_DEFAULT, &page, err);
    if (rc == 0)
        rc = image_encode(page, &IMAGE_ENCODE_DEFAULT, &kept, err);
    if (rc < 0)
        return rc;
    const struct digest birth = digest_of(buf_view(&kept));
    print_page((struct page_id){0, number}, "paper", "", &birth);
    return 0;
}

int main(int argc, char **argv)
{
    struct err err = {0};
    log_start("page-list");
    int rc = seal_start(&err);
    if (rc == 0 && argc == 4 && strcmp(argv[1], "archive") == 0)
        rc = list_archive(argv + 2, &err);
    else if (rc == 0 && argc > 2 && strcmp(argv[1], "paper") == 0)
        for (int i = 2; rc == 0 && i < argc; i++)
            rc = list_paper(argv[i], (uint32_t)(i - 1), &err);
    else
        rc = err_set(&err, ERR_FORMAT, "archive DATA KEYS or paper FILE... is wanted");
    if (rc < 0)
        fprintf(stderr, "page-list: %s\n", err.text);
    return rc < 0;
}
