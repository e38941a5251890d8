/*
 * What is killed: see kills.h. Everything can be done again after it was cut short.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <string.h>

#include "archive/backup.h"
#include "archive/filing.h"
#include "archive/find.h"
#include "archive/hold.h"
#include "archive/intake.h"
#include "archive/rotate.h"
#include "archive/slip.h"
#include "archive/term.h"
#include "base/scope.h"
#include "tests/crash/archive_story.h"
#include "tests/crash/kills.h"

enum { PAIR = 2, LEASE_MS = 60000 };

static const struct day expired = {2008, 7, 1}; /* month of a letter received in November 2005 */

struct archive_params kills_params(const struct kills *kills)
{
    return (struct archive_params){.data_dir = kills->data,
                                   .key_dir = kills->keys,
                                   .config_dir = kills->rules[kills->ledger->later_rules],
                                   .writer = true,
                                   .box_map_bytes = UINT64_C(16) << 20,
                                   .reserve_bytes = 1 << 20};
}

/* ---- filing ---- */

static int feed_pair(struct archive *archive, struct kept_batch *batch, uint32_t first,
                     struct err *err)
{
    static uint8_t images[PAIR][STORY_IMAGE_BYTES];
    struct intake_page pages[PAIR];
    int results[PAIR];
    for (uint32_t i = 0; i < PAIR; i++) {
        const struct page_id id = {batch->number, first + i};
        story_image(id, images[i]);
        const struct bytes image = bytes_of(images[i], STORY_IMAGE_BYTES);
        pages[i] = (struct intake_page){.id = id,
                                        .image = image,
                                        .digest = digest_of(image),
                                        .starts_envelope = true,
                                        .sheet = id.page,
                                        .capture = bytes_of("{}", 2)};
    }
    int rc = intake_accept(archive, pages, PAIR, results, err);
    for (uint32_t i = 0; rc == 0 && i < PAIR; i++) {
        if (results[i] < 0)
            return err_set(err, results[i], "page %u-%u is refused", batch->number, first + i);
        if (batch->acknowledged < first + i)
            batch->acknowledged = first + i;
    }
    return rc;
}

static int decide_all(struct archive *archive, struct err *err)
{
    struct intake_lease lease;
    int rc = intake_recover(archive, err);
    while (rc >= 0 && (rc = intake_lend(archive, 1, LEASE_MS, &lease, err)) == 1) {
        struct intake_decision decision = {.lending = {lease.id, lease.epoch},
                                           .accepted = true,
                                           .tag = "letter",
                                           .record = bytes_of("{}", 2),
                                           .insured = "2690549588157",
                                           .actor = "worker"};
        int result = 0;
        intake_lease_clear(&lease);
        rc = intake_decide(archive, &decision, 1, &result, err);
        if (rc == 0 && result < 0)
            rc = err_set(err, result, "a decision is refused");
    }
    return rc;
}

static int file_batch(struct archive *archive, struct ledger *ledger, int which, struct err *err)
{
    struct kept_batch *batch = &ledger->batch[which];
    const struct batch_spec spec = {.uuid = {{1, (uint8_t)which, (uint8_t)(which >> 8)}},
                                    .tenant = "061",
                                    .received = batch->old ? (struct day){2005, 11, 20}
                                                           : (struct day){2026, 11, 20},
                                    .boundary = BOUNDARY_MARKED,
                                    .source = "kills"};
    const struct batch_end end = {KILLS_PAGES, 0, KILLS_PAGES};
    struct batch_id id;
    int rc = archive_batch_open(archive, &spec, &id, err);
    batch->number = rc == 0 ? id.n : batch->number;
    for (uint32_t page = 1; rc == 0 && page <= KILLS_PAGES; page += PAIR)
        rc = feed_pair(archive, batch, page, err);
    if (rc == 0)
        rc = archive_batch_end(archive, id, &end, err);
    if (rc == 0)
        rc = decide_all(archive, err);
    while (rc >= 0 && (rc = filing_run(archive, 3, err)) > 0)
        ;
    if (rc == 0)
        rc = archive_batch_close(archive, id, "martin", err);
    batch->closed |= rc == 0;
    return rc;
}

/* The last one, until it is closed; then another. */
static int next_batch(struct ledger *ledger, bool old)
{
    const int last = ledger->batches - 1;
    if (last >= 0 && !ledger->batch[last].closed)
        return last;
    ledger->batch[ledger->batches] = (struct kept_batch){.old = old};
    return ledger->batches++;
}

/* ---- terms ---- */

static int is_recent(const struct ledger *ledger, int which)
{
    return !ledger->batch[which].old && ledger->batch[which].closed;
}

/* Every second page of the last batches of today gets an event, on another day each turn. */
static int know_events(struct archive *archive, const struct ledger *ledger, struct err *err)
{
    static const struct move_cause cause = {"event_known", "martin", "a letter says so"};
    int seen = 0, rc = 0;
    for (int i = ledger->batches - 1; rc >= 0 && i >= 0 && seen < 3; i--) {
        if (!is_recent(ledger, i))
            continue;
        seen++;
        for (uint32_t page = 1; rc >= 0 && page <= KILLS_PAGES; page += 2) {
            const struct document_id id = {ledger->batch[i].number, page};
            const int months = (int)((ledger->turn + page) % 7) * 4;
            rc = term_event(archive, id, day_add_months((struct day){2024, 1, 31}, months), &cause,
                            err);
        }
    }
    return rc;
}

struct changed {
    struct document_id ids[TERM_GROUP_MAX];
    size_t count;
};

static int note_change(void *to, const struct term_change *change)
{
    struct changed *changed = to;
    if (changed->count == TERM_GROUP_MAX)
        return 1;
    changed->ids[changed->count++] = change->id;
    return 0;
}

static int apply_rules(struct archive *archive, struct err *err)
{
    static const struct move_cause cause = {"term_revised", "martin", "the rules changed"};
    static const struct term_query all = {0};
    struct changed changed = {.count = 0};
    int rc = term_check(archive, &all, note_change, &changed, err);
    if (rc < 0 || changed.count == 0)
        return rc < 0 ? rc : 0;
    return term_apply(archive, changed.ids, changed.count, &cause, err);
}

static int change_terms(struct archive *archive, const struct ledger *ledger, struct err *err)
{
    int rc = know_events(archive, ledger, err);
    return rc < 0 ? rc : apply_rules(archive, err);
}

/* ---- holds ---- */

static int set_hold(struct archive *archive, const char *name, struct document_id id,
                    struct err *err)
{
    const struct hold_spec spec = {.name = name,
                                   .actor = "martin",
                                   .reason = "a case",
                                   .owner = "the archive",
                                   .scope = HOLD_DOCUMENT,
                                   .document = id};
    int rc = hold_set(archive, &spec, err);
    return rc == ERR_CONFLICT ? 0 : rc; /* it was set before it was cut short */
}

/* One that was cut short goes on; otherwise another one. */
static int set_and_lift(struct archive *archive, struct ledger *ledger, struct err *err)
{
    const int last = ledger->holds - 1;
    const bool again = last >= 0 && ledger->hold[last] != HOLD_GONE;
    const int which = again ? last : ledger->holds++;
    char name[HOLD_NAME_SIZE];
    snprintf(name, sizeof name, "h-%d", which);
    int rc = 0;
    if (ledger->hold[which] < HOLD_STANDS) {
        ledger->hold[which] = HOLD_ASKED;
        rc = set_hold(archive, name, (struct document_id){ledger->batch[0].number, 1}, err);
    }
    if (rc < 0)
        return rc;
    if (ledger->hold[which] < HOLD_STANDS)
        ledger->hold[which] = HOLD_STANDS;
    ledger->hold[which] = HOLD_LIFT_ASKED;
    rc = hold_lift(archive, name, "martin", err);
    if (rc == 0 || rc == ERR_CONFLICT)
        ledger->hold[which] = HOLD_GONE;
    return rc == ERR_CONFLICT ? 0 : rc;
}

/* ---- destruction ---- */

static void case_name(int which, char ret_name[HOLD_NAME_SIZE])
{
    snprintf(ret_name, HOLD_NAME_SIZE, "case-%d", which);
}

/* Holds of old batches are lifted two later, so that their documents go, too, in the end. */
static int lift_earlier(struct archive *archive, struct ledger *ledger, int before, struct err *err)
{
    char name[HOLD_NAME_SIZE];
    int seen = 0, rc = 0;
    for (int i = before - 1; rc == 0 && i >= 0; i--) {
        struct kept_batch *batch = &ledger->batch[i];
        seen += batch->old;
        if (!batch->held || seen < 2)
            continue;
        case_name(i, name);
        batch->held = 0;
        rc = hold_lift(archive, name, "martin", err);
    }
    return rc;
}

static int grant(struct archive *archive, uint32_t slip, struct err *err)
{
    const struct slip_visa visa = {
        .slip = slip, .granted = true, .number = "AD06-1", .actor = "martin"};
    int rc = slip_submit(archive, slip, "martin", err);
    return rc < 0 ? rc : slip_decide(archive, &visa, err);
}

/* An old batch is filed, one of its pages held, and a visa granted for the rest. */
static int doom_another(struct archive *archive, struct ledger *ledger, struct err *err)
{
    const struct slip_query query = {.tenant = "061", .first = expired, .last = expired};
    const int which = next_batch(ledger, true);
    struct kept_batch *batch = &ledger->batch[which];
    char name[HOLD_NAME_SIZE];
    uint32_t slip = 0;
    int rc = file_batch(archive, ledger, which, err);
    if (rc < 0 || !batch->old) /* it was another one that had been cut short */
        return rc < 0 ? rc : doom_another(archive, ledger, err);
    case_name(which, name);
    batch->held = 1 + ledger->turn % KILLS_PAGES;
    rc = set_hold(archive, name, (struct document_id){batch->number, batch->held}, err);
    if (rc == 0)
        rc = lift_earlier(archive, ledger, which, err);
    if (rc == 0)
        rc = slip_draw(archive, &query, "martin", &slip, err);
    if (rc == 0)
        rc = grant(archive, slip, err);
    batch->visa = rc == 0;
    ledger->slip = rc == 0 ? slip : 0;
    return rc;
}

static int prepare_destruction(struct archive *archive, struct ledger *ledger, struct err *err)
{
    struct slip_row row = {0};
    int rc = ledger->slip ? slip_show(archive, ledger->slip, &row, err) : 0;
    const bool goes_on = ledger->slip && row.state != SLIP_DESTROYED;
    return rc < 0 || goes_on ? rc : doom_another(archive, ledger, err);
}

/* ---- all ---- */

static int prepare(struct archive *archive, struct ledger *ledger, enum kills_work work,
                   struct err *err)
{
    if (work == WORK_DESTROY)
        return prepare_destruction(archive, ledger, err);
    if (work == WORK_TERMS || work == WORK_HOLD) {
        const int last = ledger->batches - 1; /* what a kill left half filed */
        if (last < 0 || !ledger->batch[last].closed)
            return file_batch(archive, ledger, next_batch(ledger, false), err);
    }
    return 0;
}

int kills_prepare(const struct kills *kills, enum kills_work work, struct err *err)
{
    struct archive *archive = NULL;
    const struct archive_params params = kills_params(kills);
    kills->ledger->turn++;
    int rc = archive_open(&params, &archive, err);
    if (rc == 0)
        rc = prepare(archive, kills->ledger, work, err);
    archive_free(&archive);
    if (work == WORK_TERMS)
        kills->ledger->later_rules = !kills->ledger->later_rules;
    return rc;
}

static int do_open(struct archive *archive, struct ledger *ledger, enum kills_work work,
                   struct err *err)
{
    switch (work) {
    case WORK_FILE:
        return file_batch(archive, ledger, next_batch(ledger, false), err);
    case WORK_TERMS:
        return change_terms(archive, ledger, err);
    case WORK_HOLD:
        return set_and_lift(archive, ledger, err);
    case WORK_DESTROY:
        return slip_destroy(archive, ledger->slip, "martin", err);
    case WORK_REKEY:
        ledger->backed_up = false; /* a backup of before opens with keys of before */
        return rotate_keys(archive, NULL, "martin", err);
    default:
        return 0;
    }
}

int kills_do(const struct kills *kills, enum kills_work work, struct err *err)
{
    struct archive *archive = NULL;
    struct backup_report report;
    if (work == WORK_BACKUP) { /* beside another process that files */
        int rc = backup_make(kills->data, kills->backup, &report, err);
        kills->ledger->backed_up |= rc == 0;
        return rc;
    }
    const struct archive_params params = kills_params(kills);
    int rc = archive_open(&params, &archive, err);
    if (rc == 0)
        rc = do_open(archive, kills->ledger, work, err);
    archive_free(&archive);
    return rc;
}
