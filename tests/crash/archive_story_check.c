/*
 * What must hold after any interruption of the story: see archive_story.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <limits.h>

#include "archive/backup.h"
#include "archive/find.h"
#include "archive/intake_row.h"
#include "archive/state.h"
#include "base/file.h"
#include "base/scope.h"
#include "tests/crash/archive_story.h"

struct checking {
    struct archive *archive;
    int lines;
};

static void complain(void *to, const char *line)
{
    struct checking *checking = to;
    checking->lines++;
    fprintf(stderr, "  %s\n", line);
}

static bool is_filed(struct archive *archive, struct page_id id)
{
    SCOPED(store_abort) struct store_txn txn = {0};
    struct page_row row;
    return store_begin_read(archive->catalogue, &txn, NULL) == 0 &&
           catalogue_page(&txn, id, &row, NULL) == 1;
}

static bool is_in_intake(struct archive *archive, struct page_id id)
{
    SCOPED(store_abort) struct store_txn txn = {0};
    struct intake_row row;
    const struct live_batch *live = live_find(archive, id.batch);
    return live && store_begin_read(live->day->store, &txn, NULL) == 0 &&
           intake_row_get(&txn, id, &row, NULL) == 1;
}

static void check_acknowledged(struct checking *checking, const char *path)
{
    SCOPED(scope_fclose) FILE *file = fopen(path, "r");
    struct page_id id;
    char line[100];
    while (file && fscanf(file, "%u %u", &id.batch, &id.page) == 2) {
        bool filed = is_filed(checking->archive, id), waits = is_in_intake(checking->archive, id);
        if (filed + waits == 1)
            continue;
        snprintf(line, sizeof line, "page %u-%u was acknowledged and is in %s places", id.batch,
                 id.page, filed ? "two" : "no");
        complain(checking, line);
    }
}

/* Every page of the story is found once, with the bytes it was born with. */
static void check_found(struct checking *checking)
{
    struct err err = {0};
    static struct found_document documents[STORY_BATCHES * STORY_PAGES + STORY_OLD_BATCHES];
    struct find_query query = {.most = STORY_BATCHES * STORY_PAGES + STORY_OLD_BATCHES};
    char line[100];
    int seen[STORY_BATCHES + 1][STORY_PAGES + 1] = {{0}};
    int count = find_documents(checking->archive, &query, documents, &err);
    for (int i = 0; i < count; i++)
        for (uint32_t k = 0; k < documents[i].page_count; k++) {
            struct found_page page = {0};
            uint8_t image[STORY_IMAGE_BYTES];
            if (find_page(checking->archive, &documents[i], k, &page, &err) < 0)
                complain(checking, err.text);
            if (page.id.batch == STORY_BATCHES + 1)
                complain(checking, "a page that was destroyed is found");
            if (page.id.batch > STORY_BATCHES) {
                found_page_clear(&page);
                continue;
            }
            story_image(page.id, image);
            if (bytes_equal(buf_view(&page.image), bytes_of(image, STORY_IMAGE_BYTES)))
                seen[page.id.batch][page.id.page]++;
            found_page_clear(&page);
        }
    for (int batch = 1; batch <= STORY_BATCHES; batch++)
        for (int page = 1; page <= STORY_PAGES; page++)
            if (seen[batch][page] != 1) {
                snprintf(line, sizeof line, "page %d-%d is found %d times", batch, page,
                         seen[batch][page]);
                complain(checking, line);
            }
}

static void check_all(struct checking *checking, const char *acknowledged, bool complete)
{
    struct err err = {0};
    struct verify_report report;
    struct archive_counts counts;
    if (verify_archive(checking->archive, complain, checking, &report, &err) < 0)
        complain(checking, err.text);
    check_acknowledged(checking, acknowledged);
    if (archive_count(checking->archive, (struct batch_id){0}, &counts, &err) < 0)
        complain(checking, err.text);
    if (counts.accepted != counts.filed + counts.blank + counts.separators + counts.to_code +
                               counts.quarantined + counts.waiting + counts.unread)
        complain(checking, "the equation of pages does not hold");
    if (!complete)
        return;
    check_found(checking);
    if (counts.accepted != STORY_BATCHES * STORY_PAGES + STORY_OLD_BATCHES ||
        report.pages != STORY_BATCHES * STORY_PAGES + STORY_OLD_BATCHES - 1)
        complain(checking, "the counts at the end are wrong");
    if (counts.envelopes != STORY_ENVELOPES || counts.envelopes_filed != STORY_ENVELOPES)
        complain(checking, "the envelopes at the end are not those that hold mail");
}

/* What the backup gives back is whole, too. */
static void check_backup(struct checking *checking, const struct story *story)
{
    struct err err = {0};
    struct verify_report report = {0};
    struct archive_params params = story->params;
    char folder[PATH_MAX], again[PATH_MAX];
    snprintf(folder, sizeof folder, "%s.backup", params.data_dir);
    snprintf(again, sizeof again, "%s.again", params.data_dir);
    params.data_dir = again;
    int rc = backup_restore(folder, again, params.key_dir, &err);
    if (rc == 0)
        rc = archive_open(&params, &checking->archive, &err);
    if (rc == 0)
        rc = verify_archive(checking->archive, complain, checking, &report, &err);
    archive_free(&checking->archive);
    if (rc < 0)
        complain(checking, err.text);
    else if (report.pages != STORY_BATCHES * STORY_PAGES + STORY_OLD_BATCHES - 1)
        complain(checking, "pages are missing in the backup");
    if (file_remove_tree(again, &err) < 0)
        complain(checking, err.text);
}

int story_check(const struct story *story, const char *acknowledged_path, bool complete)
{
    struct checking checking = {0};
    struct err err = {0};
    if (archive_open(&story->params, &checking.archive, &err) < 0) {
        complain(&checking, err.text);
        return checking.lines;
    }
    if (story_heal(checking.archive, &err) < 0)
        complain(&checking, err.text);
    check_all(&checking, acknowledged_path, complete);
    archive_free(&checking.archive);
    if (complete)
        check_backup(&checking, story);
    return checking.lines;
}
