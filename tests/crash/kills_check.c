/*
 * What must hold after a kill: see kills.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "archive/backup.h"
#include "archive/find.h"
#include "archive/hold.h"
#include "archive/intake_row.h"
#include "archive/slip.h"
#include "archive/state.h"
#include "base/file.h"
#include "base/scope.h"
#include "tests/crash/archive_story.h"
#include "tests/crash/kills.h"

struct checking {
    const struct ledger *ledger;
    struct archive *archive;
    int lines;
};

static void complain(void *to, const char *line)
{
    struct checking *checking = to;
    checking->lines++;
    fprintf(stderr, "  %s\n", line);
}

static void complain_of(struct checking *checking, struct page_id id, const char *what)
{
    char line[160];
    snprintf(line, sizeof line, "page %u-%u %s", id.batch, id.page, what);
    complain(checking, line);
}

/* ---- pages ---- */

static bool is_in_intake(struct archive *archive, struct page_id id)
{
    SCOPED(store_abort) struct store_txn txn = {0};
    struct intake_row row;
    const struct live_batch *live = live_find(archive, id.batch);
    return live && store_begin_read(live->day->store, &txn, NULL) == 0 &&
           intake_row_get(&txn, id, &row, NULL) == 1;
}

/* A destroyed box has no files, and nothing of the catalogue leads into it. */
static void check_box_gone(struct checking *checking, struct store_txn *txn, struct page_id id,
                           uint32_t number)
{
    struct box_row row;
    struct stat st;
    char path[PATH_MAX], below[SERIES_TEXT_SIZE];
    struct document_id left = {0};
    struct db_key of_box = key_of_number(number);
    if (catalogue_box(txn, number, &row, NULL) != 1 || row.state != BOX_DESTROYED) {
        complain_of(checking, id, "went with a box that is not destroyed");
        return;
    }
    snprintf(path, sizeof path, "%s/boxes/%s", checking->archive->data_dir, box_path(&row, below));
    if (stat(path, &st) == 0)
        complain_of(checking, id, "went with a box whose files are there");
    if (catalogue_seek_document(txn, CAT_BY_BOX, &of_box, &left, NULL) != 0)
        complain_of(checking, id, "went with a box that holds another one yet");
}

static void check_image(struct checking *checking, struct page_id id)
{
    struct found_document document;
    struct found_page page = {0};
    uint8_t image[STORY_IMAGE_BYTES];
    struct err err = {0};
    int rc =
        find_document(checking->archive, (struct document_id){id.batch, id.page}, &document, &err);
    if (rc == 0)
        rc = find_page(checking->archive, &document, 0, &page, &err);
    story_image(id, image);
    if (rc < 0)
        complain(checking, err.text);
    else if (!bytes_equal(buf_view(&page.image), bytes_of(image, STORY_IMAGE_BYTES)))
        complain_of(checking, id, "has another image than at birth");
    found_page_clear(&page);
}

/* Once filed, or in intake, or destroyed as it may be. Returns 1 when it is filed. */
static int check_page(struct checking *checking, const struct kept_batch *batch, uint32_t number)
{
    SCOPED(store_abort) struct store_txn txn = {0};
    const struct page_id id = {batch->number, number};
    const struct document_id document = {id.batch, id.page};
    struct document_row row;
    uint32_t box = 0;
    if (store_begin_read(checking->archive->catalogue, &txn, NULL) < 0)
        return 0;
    const bool filed = catalogue_document(&txn, document, &row, NULL) == 1;
    const bool gone = destroyed_with(&txn, document, &box, NULL) == 1;
    const bool waits = is_in_intake(checking->archive, id);
    if (filed + gone + waits > 1)
        complain_of(checking, id, "is in two places");
    if (filed + gone + waits == 0 && number <= batch->acknowledged)
        complain_of(checking, id, "was acknowledged and is in no place");
    if (gone && (!batch->visa || batch->held == number))
        complain_of(checking, id, batch->visa ? "was held and is gone" : "is gone without a visa");
    if (gone)
        check_box_gone(checking, &txn, id, box);
    store_abort(&txn);
    if (filed)
        check_image(checking, id);
    return filed;
}

static void check_pages(struct checking *checking)
{
    static struct found_document found[KILLS_BATCHES_MAX * KILLS_PAGES];
    const struct find_query all = {.most = KILLS_BATCHES_MAX * KILLS_PAGES};
    struct err err = {0};
    int filed = 0;
    for (int i = 0; i < checking->ledger->batches; i++)
        for (uint32_t page = 1; page <= KILLS_PAGES && checking->ledger->batch[i].number; page++)
            filed += check_page(checking, &checking->ledger->batch[i], page);
    int count = find_documents(checking->archive, &all, found, &err);
    if (count != filed)
        complain(checking, count < 0 ? err.text : "a search finds more or less than is filed");
}

/* ---- holds ---- */

struct hold_look {
    struct checking *checking;
    enum hold_step seen[KILLS_HOLDS_MAX];
};

static int look_at_hold(void *to, const struct hold_row *row)
{
    struct hold_look *look = to;
    int which;
    if (sscanf(row->name, "h-%d", &which) == 1 && which >= 0 && which < KILLS_HOLDS_MAX)
        look->seen[which] = row->lifted_ms ? HOLD_GONE : HOLD_STANDS;
    return 0;
}

/* An answer that was given stands; what was only asked for may be so or not. */
static bool may_be(enum hold_step answered, enum hold_step seen)
{
    switch (answered) {
    case HOLD_ASKED:
        return seen == HOLD_UNASKED || seen == HOLD_STANDS;
    case HOLD_LIFT_ASKED:
        return seen == HOLD_STANDS || seen == HOLD_GONE;
    default:
        return seen == answered;
    }
}

static void check_holds(struct checking *checking)
{
    static struct hold_look look;
    struct err err = {0};
    char line[80];
    memset(&look, 0, sizeof look);
    if (hold_each(checking->archive, look_at_hold, &look, &err) < 0)
        complain(checking, err.text);
    for (int i = 0; i < checking->ledger->holds; i++)
        if (!may_be(checking->ledger->hold[i], look.seen[i])) {
            snprintf(line, sizeof line, "hold h-%d: step %d was answered, %d is seen", i,
                     checking->ledger->hold[i], look.seen[i]);
            complain(checking, line);
        }
}

/* ---- all ---- */

int kills_check(const struct kills *kills)
{
    struct checking checking = {.ledger = kills->ledger};
    struct verify_report report;
    struct err err = {0};
    const struct archive_params params = kills_params(kills);
    int rc = archive_open(&params, &checking.archive, &err);
    if (rc == 0)
        rc = verify_archive(checking.archive, complain, &checking, &report, &err);
    if (rc == 0) {
        check_pages(&checking);
        check_holds(&checking);
    } else {
        complain(&checking, err.text);
    }
    archive_free(&checking.archive);
    return checking.lines;
}

int kills_check_backup(const struct kills *kills)
{
    struct checking checking = {.ledger = kills->ledger};
    struct verify_report report;
    struct err err = {0};
    char again[KILLS_PATH + 8];
    if (!kills->ledger->backed_up)
        return 0;
    snprintf(again, sizeof again, "%s/again", kills->root);
    struct archive_params params = kills_params(kills);
    params.data_dir = again;
    int rc = backup_restore(kills->backup, again, params.key_dir, &err);
    if (rc == 0)
        rc = archive_open(&params, &checking.archive, &err);
    if (rc == 0)
        rc = verify_archive(checking.archive, complain, &checking, &report, &err);
    archive_free(&checking.archive);
    if (rc == 0)
        rc = file_remove_tree(again, &err);
    if (rc < 0)
        complain(&checking, err.text);
    return checking.lines;
}
