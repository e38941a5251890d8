/*
 * Merging tenants: what was filed is found under the new one and stays as it is, byte for byte and
 * hash for hash; the old chain ends, the new one names its head; medical mail stays the medical
 * service's; old keys open nothing; what is cut short is finished; what may not be is refused.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/catalogue.h"
#include "archive/day_seal.h"
#include "archive/hold.h"
#include "archive/journal.h"
#include "archive/merge.h"
#include "archive/slip.h"
#include "archive/state.h"
#include "archive/term.h"
#include "base/file.h"
#include "base/scope.h"
#include "base/seal.h"
#include "tests/archive_room.h"
#include "tests/check.h"

enum { KEY_FILE = 64, PAGES = 3, READERS = 8 };

static const char insured[] = "269054958815780";
static const struct merge to_061 = {"041", "061", "martin"};

/* A closed batch of letters of a tenant, one of them of the medical compartment. */
static struct batch_id file_for(struct room *room, const char *tenant, uint8_t mark)
{
    static const struct room_verdict letter = {.tag = "letter", .insured = insured},
                                     note = {.tag = "sick_note",
                                             .compartment = COMPARTMENT_MEDICAL,
                                             .insured = insured};
    struct err err = {0};
    struct batch_spec spec = room_spec(mark, BOUNDARY_MARKED);
    snprintf(spec.tenant, sizeof spec.tenant, "%s", tenant);
    struct batch_id id = room_file(room, &spec, &letter, PAGES - 1);
    check_ok(archive_batch_close(room->archive, id, "martin", &err), &err);
    spec = room_spec((uint8_t)(mark + 1), BOUNDARY_MARKED);
    snprintf(spec.tenant, sizeof spec.tenant, "%s", tenant);
    const struct batch_id medical = room_file(room, &spec, &note, 1);
    check_ok(archive_batch_close(room->archive, medical, "martin", &err), &err);
    return id;
}

static int set_up(void **state)
{
    room_set_up(state);
    file_for(*state, "041", 1); /* batches 1, 2 */
    file_for(*state, "061", 3); /* batches 3, 4 */
    return 0;
}

static void merge(struct room *room)
{
    struct err err = {0};
    check_ok(merge_tenants(room->archive, &to_061, &err), &err);
}

static void refuse(struct room *room, const char *from, const char *into, const char *words)
{
    struct err err = {0};
    const struct merge merge = {from, into, "martin"};
    assert_int_equal(merge_tenants(room->archive, &merge, &err), ERR_CONFLICT);
    if (!strstr(err.text, words))
        fail_msg("got '%s', want '%s'", err.text, words);
}

static int find(struct archive *archive, const char *tenant, const char *number)
{
    struct found_document found[20];
    struct err err = {0};
    const struct find_query query = {.tenant = tenant, .insured = number, .most = 20};
    int count = find_documents(archive, &query, found, &err);
    check_ok(count < 0 ? count : 0, &err);
    for (int i = 1; i < count; i++)
        assert_true(found[i].id.batch > found[i - 1].id.batch ||
                    found[i].id.first_page > found[i - 1].id.first_page);
    return count;
}

static void expect_clean(struct room *room, uint64_t pages)
{
    struct room_heard heard = {0};
    const struct verify_report report = room_verify(room, &heard);
    if (heard.lines)
        fail_msg("%s", heard.first);
    assert_int_equal(report.pages, pages);
}

static uint64_t end_of(struct room *room, const char *tenant)
{
    SCOPED(store_abort) struct store_txn txn = {0};
    struct err err = {0};
    uint64_t seq;
    check_ok(store_begin_read(room->archive->catalogue, &txn, &err), &err);
    check_ok(journal_own_end(&txn, tenant, &seq, &err), &err);
    return seq;
}

/* ---- tests ---- */

static void what_was_filed_is_found_under_the_new_one(void **state)
{
    struct room *room = *state;
    struct digest before, after;
    struct err err = {0};
    const struct document_id id = {1, 1};
    {
        SCOPED(store_abort) struct store_txn txn = {0};
        check_ok(store_begin_read(room->archive->catalogue, &txn, &err), &err);
        check_ok(catalogue_document_digest(&txn, id, &before, &err), &err);
    }
    assert_int_equal(find(room->archive, "061", NULL), PAGES);
    merge(room);
    assert_int_equal(find(room->archive, "061", NULL), 2 * PAGES);
    assert_int_equal(find(room->archive, "061", insured), 2 * PAGES);
    assert_int_equal(find(room->archive, "041", insured), PAGES);
    assert_int_equal(find(room->archive, "051", NULL), 0);
    expect_clean(room, 2 * PAGES);
    SCOPED(store_abort) struct store_txn txn = {0};
    check_ok(store_begin_read(room->archive->catalogue, &txn, &err), &err);
    check_ok(catalogue_document_digest(&txn, id, &after, &err), &err);
    assert_true(digest_equal(&before, &after));
}

/* Paging through both goes through each document once. */
static void pages_of_an_answer_follow_each_other(void **state)
{
    struct room *room = *state;
    struct err err = {0};
    struct find_query query = {.tenant = "061", .insured = insured, .most = 1};
    struct found_document found;
    int count = 0;
    merge(room);
    while (find_documents(room->archive, &query, &found, &err) == 1) {
        query.after = found.id;
        count++;
    }
    assert_int_equal(count, 2 * PAGES);
}

static void the_old_chain_ends_and_the_new_one_goes_on_for_it(void **state)
{
    struct room *room = *state;
    struct err err = {0};
    merge(room);
    const uint64_t end = end_of(room, "041"), other = end_of(room, "061");
    const struct move_cause told = {"tag_corrected", "martin", "told"};
    const struct term_tag form = {"care_form", COMPARTMENT_ADMIN};
    const struct document_id id = {1, 1};
    check_ok(term_retag(room->archive, id, &form, &told, &err), &err);
    assert_int_equal(end_of(room, "041"), end);
    assert_true(end_of(room, "061") > other);
    expect_clean(room, 2 * PAGES);
    check_ok(day_seal_make(room->archive, &err) < 0 ? err.code : 0, &err);
    room_reopen(room);
    expect_clean(room, 2 * PAGES);
    /* And on it goes when the successor is merged itself. */
    const struct merge again = {"061", "131", "martin"};
    check_ok(merge_tenants(room->archive, &again, &err), &err);
    check_ok(hold_set(room->archive,
                      &(struct hold_spec){.name = "case",
                                          .actor = "martin",
                                          .reason = "appeal",
                                          .owner = "legal",
                                          .scope = HOLD_DOCUMENT,
                                          .document = {1, 2}},
                      &err),
             &err);
    assert_int_equal(find(room->archive, "131", insured), 2 * PAGES);
    expect_clean(room, 2 * PAGES);
}

static void a_chain_that_goes_on_behind_its_merger_is_named(void **state)
{
    static const struct commit_points points = {"test.before", "test.after"};
    struct room *room = *state;
    struct err err = {0};
    merge(room);
    {
        SCOPED(store_abort) struct store_txn txn = {0};
        check_ok(store_begin(room->archive->catalogue, &txn, &err), &err);
        check_ok(catalogue_set_number(&txn, "merged 041", 0, &err), &err);
        check_ok(store_commit(&txn, &points, &err), &err);
    }
    room_expect_named(room, "a merger that the catalogue does not know");
}

static void no_batch_slip_or_merger_comes_after_it(void **state)
{
    struct room *room = *state;
    struct err err = {0};
    struct batch_id id;
    uint32_t slip;
    struct batch_spec spec = room_spec(9, BOUNDARY_MARKED);
    snprintf(spec.tenant, sizeof spec.tenant, "041");
    merge(room);
    assert_int_equal(archive_batch_open(room->archive, &spec, &id, &err), ERR_CONFLICT);
    assert_non_null(strstr(err.text, "was merged into 061"));
    const struct slip_query query = {.tenant = "041"};
    assert_int_equal(slip_draw(room->archive, &query, "martin", &slip, &err), ERR_CONFLICT);
    refuse(room, "041", "051", "merged into 061");
    refuse(room, "051", "041", "merged into 061");
    refuse(room, "051", "051", "into itself");
    const struct merge unknown = {"051", "999", "martin"};
    assert_int_equal(merge_tenants(room->archive, &unknown, &err), ERR_NOT_FOUND);
}

static void an_open_batch_forbids_it(void **state)
{
    struct room *room = *state;
    struct err err = {0};
    struct batch_id id;
    struct batch_spec spec = room_spec(9, BOUNDARY_MARKED);
    snprintf(spec.tenant, sizeof spec.tenant, "041");
    check_ok(archive_batch_open(room->archive, &spec, &id, &err), &err);
    refuse(room, "041", "061", "batch 5 is not closed");
    assert_int_equal(find(room->archive, "061", NULL), PAGES);
    expect_clean(room, 2 * PAGES);
}

static void key_path(const struct room *room, const char *name, char ret_path[256])
{
    snprintf(ret_path, 256, "%s/%s", room->keys, name);
}

/* Each key goes to the group that reads the new tenant's key of the same compartment. */
static void medical_stays_medical_and_old_keys_open_nothing(void **state)
{
    static const char *const names[] = {"041.admin.key", "041.medical.key"};
    static const char *const others[] = {"061.admin.key", "061.medical.key"};
    struct room *room = *state;
    struct err err = {0};
    char path[256], other[256];
    SCOPED(buf_free) struct buf old = {0};
    if (geteuid() != 0)
        skip();
    key_path(room, names[1], path);
    check_ok(file_read(path, KEY_FILE, &old, &err), &err);
    for (int i = 0; i < 2; i++) {
        key_path(room, others[i], other);
        assert_int_equal(chown(other, 0, (gid_t)(READERS + i)), 0);
        assert_int_equal(chmod(other, 0440), 0);
    }
    merge(room);
    for (int i = 0; i < 2; i++) {
        struct stat st;
        key_path(room, names[i], path);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_gid, READERS + i);
        assert_int_equal(st.st_mode & 0777, 0440);
    }
    assert_false(room_holds(room->keys, bytes_of(old.at + 28, 32)));
    key_path(room, names[1], path);
    check_ok(file_write(path, 0400, buf_view(&old), &err), &err);
    struct archive *reader = room_reader(room);
    struct found_document document;
    struct found_page page = {0};
    check_ok(find_document(reader, (struct document_id){2, 1}, &document, &err), &err);
    assert_int_equal(find_page(reader, &document, 0, &page, &err), ERR_DENIED);
    archive_free(&reader);
}

/* Who may not read the medical key of the one that was merged does not see its medical mail. */
static void each_key_opens_its_own(void **state)
{
    struct room *room = *state;
    char path[256], away[256];
    merge(room);
    key_path(room, "041.medical.key", path);
    key_path(room, "away", away);
    assert_int_equal(rename(path, away), 0);
    struct archive *reader = room_reader(room);
    assert_int_equal(find(reader, "061", insured), 2 * PAGES - 1);
    assert_int_equal(find(reader, "061", NULL), 2 * PAGES - 1);
    archive_free(&reader);
    assert_int_equal(rename(away, path), 0);
}

static void a_hold_on_a_number_lies_on_both(void **state)
{
    struct room *room = *state;
    struct err err = {0};
    struct found_document found[20];
    merge(room);
    check_ok(hold_set(room->archive,
                      &(struct hold_spec){.name = "case",
                                          .actor = "martin",
                                          .reason = "appeal",
                                          .owner = "legal",
                                          .scope = HOLD_INSURED,
                                          .tenant = "061",
                                          .insured = insured},
                      &err),
             &err);
    const struct find_query query = {.tenant = "061", .hold = "case", .most = 20};
    assert_int_equal(find_documents(room->archive, &query, found, &err), 2 * PAGES);
    expect_clean(room, 2 * PAGES);
}

/* As a kill right after the first commit leaves it. */
static void what_was_cut_short_is_finished_at_the_start(void **state)
{
    static const struct commit_points points = {"test.before", "test.after"};
    struct room *room = *state;
    struct err err = {0};
    SCOPED(buf_free) struct buf before = {0}, after = {0};
    char path[256];
    merge(room);
    key_path(room, "041.admin.key", path);
    check_ok(file_read(path, KEY_FILE, &before, &err), &err);
    {
        SCOPED(store_abort) struct store_txn txn = {0};
        check_ok(store_begin(room->archive->catalogue, &txn, &err), &err);
        check_ok(catalogue_set_number(&txn, "merging 041", 1, &err), &err);
        check_ok(store_commit(&txn, &points, &err), &err);
    }
    room_reopen(room);
    check_ok(file_read(path, KEY_FILE, &after, &err), &err);
    assert_false(bytes_equal(buf_view(&before), buf_view(&after)));
    expect_clean(room, 2 * PAGES);
    room_reopen(room);
    SCOPED(buf_free) struct buf last = {0};
    check_ok(file_read(path, KEY_FILE, &last, &err), &err);
    assert_true(bytes_equal(buf_view(&last), buf_view(&after)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, room_tear_down)
        TEST(what_was_filed_is_found_under_the_new_one),
        TEST(pages_of_an_answer_follow_each_other),
        TEST(the_old_chain_ends_and_the_new_one_goes_on_for_it),
        TEST(a_chain_that_goes_on_behind_its_merger_is_named),
        TEST(no_batch_slip_or_merger_comes_after_it),
        TEST(an_open_batch_forbids_it),
        TEST(medical_stays_medical_and_old_keys_open_nothing),
        TEST(each_key_opens_its_own),
        TEST(a_hold_on_a_number_lies_on_both),
        TEST(what_was_cut_short_is_finished_at_the_start),
    };
    struct err err = {0};
    check_ok(seal_start(&err), &err);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
