/*
 * A story that takes mail through everything the archive does: see archive_story.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/crash/archive_story.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "archive/access.h"
#include "archive/backup.h"
#include "archive/day_seal.h"
#include "archive/filing.h"
#include "archive/filing_plan.h"
#include "archive/find.h"
#include "archive/hold.h"
#include "archive/intake.h"
#include "archive/intake_work.h"
#include "archive/merge.h"
#include "archive/move.h"
#include "archive/rotate.h"
#include "archive/slip.h"
#include "archive/state.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/scope.h"

enum { GROUP = 5, LEASE_MS = 60000 };

/* ---- feeding ---- */

static int open_batch(struct archive *archive, int which, struct batch_id *ret_id, struct err *err)
{
    struct batch_spec spec = {.uuid = {{(uint8_t)(which + 1)}},
                              .tenant = "061",
                              .received = which < STORY_BATCHES ? (struct day){2026, 11, 20}
                                                                : (struct day){2005, 11, 20},
                              .boundary = which ? BOUNDARY_SEPARATORS : BOUNDARY_MARKED,
                              .source = "story"};
    return archive_batch_open(archive, &spec, ret_id, err);
}

static int feed_group(const struct story *story, struct archive *archive, struct page_id first,
                      size_t count, struct err *err)
{
    static uint8_t images[GROUP][STORY_IMAGE_BYTES];
    struct intake_page pages[GROUP];
    int results[GROUP];
    for (size_t i = 0; i < count; i++) {
        struct page_id id = {first.batch, first.page + (uint32_t)i};
        story_image(id, images[i]);
        struct bytes image = bytes_of(images[i], STORY_IMAGE_BYTES);
        pages[i] = (struct intake_page){.id = id,
                                        .image = image,
                                        .digest = digest_of(image),
                                        /* 11 and 12: an envelope of separators */
                                        .starts_envelope = id.page % 3 == 1 || id.page == 11,
                                        .sheet = id.page,
                                        .capture = bytes_of("{}", 2)};
    }
    int rc = intake_accept(archive, pages, count, results, err);
    for (size_t i = 0; rc == 0 && i < count; i++) {
        if (results[i] < 0)
            return err_set(err, results[i], "page %u-%u is refused", first.batch, pages[i].id.page);
        if (story->acknowledged)
            fprintf(story->acknowledged, "%u %u\n", first.batch, pages[i].id.page);
    }
    if (story->acknowledged)
        fflush(story->acknowledged);
    return rc;
}

static int feed(const struct story *story, struct archive *archive, struct batch_id batch,
                struct err *err)
{
    int rc = 0;
    for (uint32_t page = 1; rc == 0 && page <= STORY_PAGES; page += GROUP) {
        size_t left = STORY_PAGES + 1 - page;
        rc = feed_group(story, archive, (struct page_id){batch.n, page},
                        left < GROUP ? left : GROUP, err);
    }
    const struct batch_reject torn = {.number = 1, .sheet = STORY_PAGES + 1, .reason = REJECT_TORN};
    const struct batch_end end = {STORY_PAGES + 1, 1, STORY_PAGES};
    if (rc == 0)
        rc = archive_batch_reject(archive, batch, &torn, err);
    return rc < 0 ? rc : archive_batch_end(archive, batch, &end, err);
}

/* ---- reading and coding ---- */

static void describe(struct page_id id, struct intake_decision *decision)
{
    static const char *const tags[] = {"letter", "cheque",    "sick_note", "letter",
                                       "blank",  "separator", "letter"};
    uint32_t which = id.page % 7;
    decision->kind = which == 4 ? PAGE_BLANK : which == 5 ? PAGE_SEPARATOR : PAGE_WRITTEN;
    decision->compartment = which == 2 ? COMPARTMENT_MEDICAL : COMPARTMENT_ADMIN;
    snprintf(decision->tag, sizeof decision->tag, "%s", tags[which]);
}

static int decide(struct archive *archive, struct intake_lending lending, bool accepted,
                  struct err *err)
{
    struct intake_decision decision = {.lending = lending,
                                       .accepted = accepted,
                                       .record = bytes_of("{}", 2),
                                       .insured = "2690549588157",
                                       .actor = lending.epoch ? "worker" : "martin"};
    int result = 0;
    describe(lending.id, &decision);
    int rc = intake_decide(archive, &decision, 1, &result, err);
    return rc == 0 && result < 0 ? err_set(err, result, "a decision is refused") : rc;
}

/* Each way a lease can end, by page number; the epoch keeps a story that is told again finite. */
static int answer(struct archive *archive, struct intake_lending lending, struct err *err)
{
    uint32_t which = lending.id.page % 8;
    int rc;
    if (which == 3 && lending.epoch <= 3)
        rc = intake_fail(archive, lending, "reader died", err);
    else if (which == 4 && lending.epoch == 1)
        rc = intake_quarantine(archive, lending, "damaged", err);
    else if (which == 6 && lending.epoch == 1)
        rc = intake_return(archive, lending, err);
    else
        rc = decide(archive, lending, which != 5, err);
    return rc < 0 ? rc : 0;
}

static int read_some(struct archive *archive, int64_t lease_ms, struct err *err)
{
    struct intake_lease leases[4];
    int count = intake_lend(archive, 4, lease_ms, leases, err), rc = count;
    for (int i = 0; i < count; i++) {
        struct intake_lending lending = {leases[i].id, leases[i].epoch};
        intake_lease_clear(&leases[i]);
        if (rc >= 0 && lease_ms > 0)
            rc = answer(archive, lending, err);
    }
    return rc < 0 ? rc : count;
}

static int code_one(struct archive *archive, enum page_state state, struct err *err)
{
    struct intake_waiting page;
    int rc = intake_list(archive, (struct intake_line){state, {0}}, &page, 1, err);
    if (rc <= 0)
        return rc;
    struct page_id id = page.id;
    bool release = state == PAGE_QUARANTINED && page.tries > 0;
    intake_waiting_clear(&page);
    if (release)
        return intake_release(archive, id, "martin", err);
    rc = decide(archive, (struct intake_lending){id, 0}, true, err);
    if (rc == 0)
        rc = intake_undo(archive, id, "martin", err);
    return rc < 0 ? rc : decide(archive, (struct intake_lending){id, 0}, true, err);
}

/* ---- a page that goes bad in intake ---- */

static const struct bytes bad_image = {(const uint8_t *)"bad", 3};

static int swap_image(struct archive *archive, struct page_id id, struct bytes image,
                      struct err *err)
{
    static const struct commit_points points = {"story.before", "story.after"};
    SCOPED(page_work_end) struct page_work work = {0};
    int rc = page_work_begin(archive, id, &work, err);
    if (rc == 0)
        rc = intake_store(archive, &work.work.txn, (struct intake_part_of){INTAKE_IMAGE, id}, image,
                          err);
    return rc < 0 ? rc : store_commit(&work.work.txn, &points, err);
}

static bool is_bad(struct archive *archive, struct page_id id)
{
    SCOPED(page_work_end) struct page_work work = {0};
    SCOPED(buf_free) struct buf image = {0};
    return page_work_begin(archive, id, &work, NULL) == 0 &&
           intake_fetch(archive, &work.work.txn, (struct intake_part_of){INTAKE_IMAGE, id}, &image,
                        NULL) == 0 &&
           bytes_equal(buf_view(&image), bad_image);
}

/* Puts right what the story itself made bad before it was cut short. */
int story_heal(struct archive *archive, struct err *err)
{
    uint8_t image[STORY_IMAGE_BYTES];
    int rc = 0;
    for (uint32_t batch = 1; batch <= STORY_BATCHES; batch++)
        for (uint32_t page = 1; rc == 0 && page <= STORY_PAGES; page++) {
            struct page_id id = {batch, page};
            story_image(id, image);
            if (is_bad(archive, id))
                rc = swap_image(archive, id, bytes_of(image, STORY_IMAGE_BYTES), err);
        }
    return rc;
}

static bool waits_decided(struct archive *archive, struct page_id id)
{
    SCOPED(page_work_end) struct page_work work = {0};
    return page_work_begin(archive, id, &work, NULL) == 0 && work.was.state == PAGE_DECIDED;
}

/* The last decided page goes bad: filing sets it aside; when it is good again, a person decides. */
static int go_bad(struct archive *archive, struct err *err)
{
    struct page_id id = {STORY_BATCHES, STORY_PAGES};
    while (id.page > 0 && !waits_decided(archive, id))
        id.page--;
    if (id.page == 0)
        return 0; /* filed when the story was told before */
    int rc = swap_image(archive, id, bad_image, err);
    if (rc == 0)
        rc = filing_run(archive, 100, err);
    if (rc >= 0)
        rc = story_heal(archive, err);
    return rc < 0 ? rc : decide(archive, (struct intake_lending){id, 0}, true, err);
}

static int read_all(struct archive *archive, struct err *err)
{
    int rc = intake_recover(archive, err);
    if (rc >= 0)
        rc = read_some(archive, -1, err); /* leases that run out at once */
    if (rc >= 0)
        rc = intake_expire(archive, 100, err);
    struct archive_counts counts = {.unread = 1};
    while (rc >= 0 && counts.unread + counts.to_code + counts.quarantined > 0) {
        rc = read_some(archive, LEASE_MS, err);
        if (rc >= 0)
            rc = code_one(archive, PAGE_QUARANTINED, err);
        if (rc >= 0)
            rc = code_one(archive, PAGE_TO_CODE, err);
        if (rc >= 0)
            rc = archive_count(archive, (struct batch_id){0}, &counts, err);
        if (rc >= 0 && counts.unread + counts.to_code + counts.quarantined > 0)
            rc = filing_run(archive, 3, err);
    }
    if (rc >= 0)
        rc = go_bad(archive, err);
    while (rc >= 0 && (rc = filing_run(archive, 3, err)) > 0)
        ;
    return rc < 0 ? rc : 0;
}

/* ---- the end of a filing month: a box is made a month older than it is ---- */

static int age_row(struct archive *archive, uint32_t box, struct err *err)
{
    static const struct commit_points points = {"story.before", "story.after"};
    SCOPED(store_abort) struct store_txn txn = {0};
    char from[PATH_MAX], to[PATH_MAX], below[SERIES_TEXT_SIZE];
    struct box_row row;
    struct db_key place = {.len = 0};
    char series[SERIES_TEXT_SIZE], month[MONTH_TEXT_SIZE];
    int rc = store_begin(archive->catalogue, &txn, err);
    if (rc == 0)
        rc = catalogue_box(&txn, box, &row, err);
    if (rc <= 0 || row.state != BOX_OPEN)
        return rc < 0 ? rc : 0;
    snprintf(from, sizeof from, "%s/boxes/%s", archive->data_dir, box_path(&row, below));
    key_u8(key_text(&place, box_series(&row, series)), '/');
    key_u32(key_text(&place, day_format_month(row.filing, month)), row.number);
    rc = store_delete(&txn, CAT_SERIES, &place, err);
    row.filing = day_add_months(row.filing, -1);
    snprintf(to, sizeof to, "%s/boxes/%s", archive->data_dir, box_path(&row, below));
    if (rc >= 0)
        rc = catalogue_put_box(&txn, box, &row, err);
    box_forget(archive->boxes, box);
    if (rc == 0 && rename(from, to) < 0)
        rc = err_set(err, ERR_IO, "cannot rename a box");
    return rc < 0 ? rc : store_commit(&txn, &points, err);
}

static int end_month(struct archive *archive, struct err *err)
{
    int rc = age_row(archive, 1, err);
    archive->month = (struct day){0};
    return rc < 0 ? rc : filing_close_old_boxes(archive, err);
}

static int seal(struct archive *archive, struct err *err)
{
    int made = day_seal_make(archive, err);
    return made < 0 ? made : 0;
}

/* ---- documents that move ---- */

/* Gives a document another tag, and the term that follows, unless it was done before. */
static int retag(struct archive *archive, struct document_id id, const char *tag, struct err *err)
{
    static const struct move_cause cause = {"tag_corrected", "martin", "the story wants it"};
    SCOPED(store_abort) struct store_txn txn = {0};
    struct move move = {.id = id};
    int rc = store_begin_read(archive->catalogue, &txn, err);
    if (rc == 0)
        rc = catalogue_document(&txn, id, &move.row, err);
    store_abort(&txn);
    if (rc <= 0 || strcmp(move.row.tag, tag) == 0)
        return rc < 0 ? rc : 0;
    memset(move.row.tag, 0, sizeof move.row.tag);
    snprintf(move.row.tag, sizeof move.row.tag, "%s", tag);
    rc = plan_reckon(archive->retention, &move.row, err);
    return rc < 0 ? rc : move_documents(archive, &move, 1, &cause, err);
}

/* Some documents get another tag; then the first box is to go, and two of its documents stay. */
static int move_some(struct archive *archive, struct err *err)
{
    static const struct move_cause cause = {"moved_out", "martin", "box 1 is to go"};
    static struct found_document found[STORY_BATCHES * STORY_PAGES];
    const struct find_query query = {.tenant = "061", .most = STORY_BATCHES * STORY_PAGES};
    struct document_id ids[2];
    int count = find_documents(archive, &query, found, err), rc = count < 0 ? count : 0;
    while (count > 0 && found[count - 1].id.batch > STORY_BATCHES)
        count--; /* of the elimination, in a story that is told again */
    for (int i = 0; rc == 0 && i < count; i += 3)
        rc = retag(archive, found[i].id, i % 2 ? "other" : "letter", err);
    for (int i = 0; i < 2 && i < count; i++)
        ids[i] = found[i].id;
    return rc < 0 || count < 2 ? rc
                               : move_out(archive, &(struct move_list){1, ids, 2}, &cause, err);
}

/* A story told again finds its hold set, and lifted. */
static int hold_a_case(struct archive *archive, struct err *err)
{
    const struct hold_spec spec = {.name = "story-case",
                                   .actor = "martin",
                                   .reason = "a case",
                                   .owner = "the archive",
                                   .scope = HOLD_CASE,
                                   .tenant = "061"};
    struct found_document found;
    const struct find_query query = {.tenant = "061", .most = 1};
    int rc = hold_set(archive, &spec, err);
    if (rc == 0 || rc == ERR_CONFLICT)
        rc = find_documents(archive, &query, &found, err);
    if (rc == 1)
        rc = hold_add(archive, spec.name, found.id, spec.actor, err);
    return rc;
}

static int hold_and_lift(struct archive *archive, struct err *err)
{
    const struct hold_spec spec = {.name = "story",
                                   .actor = "martin",
                                   .reason = "a case",
                                   .owner = "the archive",
                                   .scope = HOLD_BATCH,
                                   .batch = {1}};
    int rc = hold_set(archive, &spec, err);
    if (rc == 0 || rc == ERR_CONFLICT)
        rc = hold_lift(archive, spec.name, spec.actor, err);
    if (rc == 0 || rc == ERR_CONFLICT)
        rc = hold_a_case(archive, err);
    return rc == ERR_CONFLICT ? 0 : rc;
}

/* ---- elimination: two old pages lie in a box; one moves out of it, and is destroyed ---- */

static int file_old_page(struct archive *archive, int which, struct batch_id *ret_batch,
                         struct err *err)
{
    const struct story quiet = {.acknowledged = NULL};
    const struct batch_end end = {1, 0, 1};
    int rc = open_batch(archive, STORY_BATCHES + which, ret_batch, err);
    if (rc == 0)
        rc = feed_group(&quiet, archive, (struct page_id){ret_batch->n, 1}, 1, err);
    if (rc == 0)
        rc = archive_batch_end(archive, *ret_batch, &end, err);
    if (rc == 0)
        rc = read_all(archive, err);
    return rc < 0 ? rc : archive_batch_close(archive, *ret_batch, "martin", err);
}

static int file_old_pages(struct archive *archive, struct err *err)
{
    struct batch_id batches[STORY_OLD_BATCHES];
    int rc = 0;
    for (int i = 0; rc == 0 && i < STORY_OLD_BATCHES; i++)
        rc = file_old_page(archive, i, &batches[i], err);
    const struct paper_move move = {batches[0], "C-1", "the store", "martin"};
    if (rc == 0)
        rc = paper_place(archive, &move, err);
    return rc < 0 ? rc : retag(archive, (struct document_id){batches[0].n, 1}, "letter", err);
}

static int next_step(struct archive *archive, uint32_t slip, enum slip_state state, struct err *err)
{
    const struct slip_visa visa = {
        .slip = slip, .granted = true, .number = "AD06-1", .actor = "martin"};
    int rc = state == SLIP_DRAWN ? slip_revise(archive, slip, "martin", err) : 0;
    if (rc < 0)
        return rc;
    if (state == SLIP_DRAWN)
        return slip_submit(archive, slip, "martin", err);
    return state == SLIP_SUBMITTED ? slip_decide(archive, &visa, err)
                                   : slip_destroy(archive, slip, "martin", err);
}

static int eliminate(struct archive *archive, struct err *err)
{
    const struct day month = {2008, 7, 1}; /* of a letter of 2005 */
    const struct slip_query query = {.tenant = "061", .first = month, .last = month};
    struct slip_row row = {0};
    uint32_t slip = 0;
    int rc = slip_last(archive, &slip, err);
    if (rc == 0 && slip == 0)
        rc = file_old_pages(archive, err);
    if (rc == 0 && slip == 0)
        rc = slip_draw(archive, &query, "martin", &slip, err);
    while (rc == 0 && (rc = slip_show(archive, slip, &row, err)) == 0 &&
           row.state != SLIP_DESTROYED)
        rc = next_step(archive, slip, row.state, err);
    return rc;
}

/* ---- who looked, today, and so long ago that it is pruned; then all keys are changed ---- */

static int look_and_rekey(struct archive *archive, struct err *err)
{
    const int64_t now = clock_wall_ms(), years = INT64_C(3) * 366 * 24 * 3600 * 1000;
    const struct access_to thing = {ACCESS_DOCUMENT, "061", 1, 1};
    const struct access_by then = {"martin", "show", now - years}, today = {"martin", "why", now};
    int rc = access_note(archive, &then, &thing, 1, err);
    if (rc == 0)
        rc = access_note(archive, &today, &thing, 1, err);
    rc = rc < 0 ? rc : access_prune(archive, now, err);
    rc = rc < 0 ? rc : rotate_keys(archive, NULL, "martin", err);
    return rc < 0 ? rc : 0;
}

/* ---- the tenant is merged into another, once ---- */

static int see_merger(void *to, const struct merge_seen *seen)
{
    *(bool *)to |= strcmp(seen->from, "061") == 0;
    return 0;
}

static int merge(struct archive *archive, struct err *err)
{
    static const struct merge merge = {"061", "131", "martin"};
    bool merged = false;
    int rc = merge_each(archive, see_merger, &merged, err);
    return rc < 0 || merged ? rc : merge_tenants(archive, &merge, err);
}

/* ---- the whole ---- */

static int tell(const struct story *story, struct archive *archive, struct err *err)
{
    struct batch_id batches[STORY_BATCHES];
    int rc = 0;
    for (int i = 0; rc == 0 && i < STORY_BATCHES; i++) {
        rc = open_batch(archive, i, &batches[i], err);
        if (rc == 0)
            rc = feed(story, archive, batches[i], err);
    }
    if (rc == 0)
        rc = read_all(archive, err);
    if (rc == 0)
        rc = hold_and_lift(archive, err);
    if (rc == 0)
        rc = story_hand_over(archive, err);
    if (rc == 0)
        rc = seal(archive, err);
    if (rc == 0)
        rc = end_month(archive, err);
    if (rc == 0)
        rc = move_some(archive, err);
    for (int i = 0; rc == 0 && i < STORY_BATCHES; i++)
        rc = archive_batch_close(archive, batches[i], "martin", err);
    if (rc == 0)
        rc = eliminate(archive, err);
    if (rc == 0)
        rc = look_and_rekey(archive, err);
    if (rc == 0)
        rc = merge(archive, err);
    return rc < 0 ? rc : seal(archive, err);
}

/* With the archive closed: one process must not open an environment twice. */
static int back_up(const struct story *story, struct err *err)
{
    char folder[PATH_MAX];
    struct backup_report report;
    snprintf(folder, sizeof folder, "%s.backup", story->params.data_dir);
    int rc = backup_make(story->params.data_dir, folder, &report, err);
    return rc < 0 ? rc : backup_make(story->params.data_dir, folder, &report, err);
}

int story_tell(const struct story *story, struct err *err)
{
    struct archive *archive = NULL;
    int rc = archive_open(&story->params, &archive, err);
    if (rc == 0)
        rc = tell(story, archive, err);
    archive_free(&archive);
    if (rc == 0) /* a restart reads the list of what was destroyed */
        rc = archive_open(&story->params, &archive, err);
    archive_free(&archive);
    return rc < 0 ? rc : back_up(story, err);
}
