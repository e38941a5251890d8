/*
 * Verification: a whole archive is clean; a changed byte in a box, a row or the journal, a missing
 * record, a stray folder are each named. The damage is done through LMDB, as an intruder would.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "archive/catalogue.h"
#include "archive/journal.h"
#include "archive/state.h"
#include "base/file.h"
#include "base/scope.h"
#include "base/seal.h"
#include "tests/archive_room.h"
#include "tests/check.h"

static const struct commit_points no_points = {"test.before", "test.after"};

enum { PAGES = 5 };

static int setup(void **state)
{
    struct err err = {0};
    room_set_up(state);
    struct room *room = *state;
    struct batch_id batch = room_file_letters(room, 1, PAGES);
    check_ok(archive_batch_close(room->archive, batch, "test", &err), &err);
    return 0;
}

static void a_whole_archive_is_clean(void **state)
{
    struct room *room = *state;
    struct room_heard heard;
    struct verify_report report = room_verify(room, &heard);
    assert_int_equal(heard.lines, 0);
    assert_int_equal(report.boxes, 1);
    assert_int_equal(report.documents, PAGES);
    assert_int_equal(report.pages, PAGES);
    assert_int_equal(report.journal_records, PAGES + 4); /* opened, box, fed, closed */
    room_reopen(room);
    assert_int_equal(room_verify(room, &heard).discrepancies, 0);
}

/* Replaces a value of the catalogue by itself with one byte changed. */
static void change_byte(struct room *room, int db, struct db_key key, size_t at)
{
    struct err err = {0};
    struct store_txn txn;
    struct bytes value;
    struct buf copy = {0};
    check_ok(store_begin(room->archive->catalogue, &txn, &err), &err);
    assert_int_equal(store_get(&txn, db, &key, &value, &err), 1);
    assert_int_equal(buf_append(&copy, value), 0);
    copy.at[at < copy.len ? at : copy.len - 1] ^= 1;
    check_ok(store_put(&txn, db, &key, buf_view(&copy), &err), &err);
    check_ok(store_commit(&txn, &no_points, &err), &err);
    buf_free(&copy);
}

static void remove_entry(struct room *room, int db, struct db_key key)
{
    struct err err = {0};
    struct store_txn txn;
    check_ok(store_begin(room->archive->catalogue, &txn, &err), &err);
    assert_int_equal(store_delete(&txn, db, &key, &err), 1);
    check_ok(store_commit(&txn, &no_points, &err), &err);
}

static struct db_key record_key(uint64_t seq)
{
    struct db_key key = catalogue_tenant_key("061");
    key_u64(&key, seq);
    return key;
}

static void a_missing_key_is_told_once_and_is_no_damage(void **state)
{
    struct room *room = *state;
    struct room_heard heard;
    struct room reading = *room;
    char key[ROOM_PATH_SIZE + 40];
    struct batch_id waiting = room_batch(room, 2, BOUNDARY_MARKED);
    for (uint32_t page = 1; page <= 2; page++)
        room_feed(room, (struct page_id){waiting.n, page}, true);
    for (int i = COMPARTMENT_ADMIN; i <= COMPARTMENT_MEDICAL; i++) {
        snprintf(key, sizeof key, "%s/061.%s.key", room->keys,
                 compartment_name((enum compartment)i));
        assert_int_equal(remove(key), 0);
    }
    reading.archive = room_reader(room);
    struct verify_report report = room_verify(&reading, &heard);
    archive_free(&reading.archive);
    assert_int_equal(report.discrepancies, 0);
    assert_int_equal(report.keys_missing, 2);
    assert_non_null(strstr(heard.first, "no such key file; copy the key folder"));
}

static void a_changed_journal_record_is_named(void **state)
{
    change_byte(*state, CAT_JOURNAL, record_key(4), 60);
    room_expect_named(*state, "journal of tenant 061: record 4: hash and record do not match");
}

static void a_removed_journal_record_is_named(void **state)
{
    remove_entry(*state, CAT_JOURNAL, record_key(5));
    room_expect_named(*state, "journal of tenant 061: record 5: a record is missing");
}

static void a_cut_off_journal_is_named(void **state)
{
    remove_entry(*state, CAT_JOURNAL, record_key(PAGES + 4));
    room_expect_named(*state,
                      "journal of tenant 061: record 9: the chain does not end at its head");
}

static void a_changed_document_row_is_named(void **state)
{
    struct room *room = *state;
    struct err err = {0};
    struct store_txn txn;
    struct document_row row;
    struct document_id id = {1, 3};
    check_ok(store_begin(room->archive->catalogue, &txn, &err), &err);
    assert_int_equal(catalogue_document(&txn, id, &row, &err), 1);
    row.expiry = (struct day){2026, 12, 1};
    check_ok(catalogue_put_document(&txn, id, &row, &err), &err);
    check_ok(store_commit(&txn, &no_points, &err), &err);
    room_expect_named(room, "document 1-3: its rows in the catalogue are not the ones");
}

static void a_changed_page_row_is_named(void **state)
{
    change_byte(*state, CAT_PAGES, key_of_page((struct page_id){1, 2}), 5);
    room_expect_named(*state, "document 1-2");
}

static void a_removed_document_is_named(void **state)
{
    remove_entry(*state, CAT_DOCUMENTS, key_of_page((struct page_id){1, 4}));
    room_expect_named(*state, "files document 1-4, which is missing");
}

static void a_missing_index_entry_is_named(void **state)
{
    struct db_key key = catalogue_tag_key("061", "letter");
    key_u32(key_u32(&key, 1), 1);
    remove_entry(*state, CAT_BY_TAG, key);
    room_expect_named(*state, "document 1-1: an index does not lead to it");
}

static void a_stray_box_folder_is_named(void **state)
{
    struct room *room = *state;
    struct err err = {0};
    char path[2 * ROOM_PATH_SIZE];
    snprintf(path, sizeof path, "%s/boxes/061/admin/letter/2029-07/2026-11-9", room->data);
    check_ok(file_make_folders(path, 0700, &err), &err);
    room_expect_named(room, "boxes/061/admin/letter/2029-07/2026-11-9: no box of the catalogue");
}

static void a_changed_box_byte_is_named(void **state)
{
    struct room *room = *state;
    struct err err = {0};
    struct found_document found;
    check_ok(find_document(room->archive, (struct document_id){1, 2}, &found, &err), &err);
    char path[3 * ROOM_PATH_SIZE];
    snprintf(path, sizeof path, "%s/boxes/%s/data.mdb", room->data, found.box);
    room_close(room);
    /* Images are overflow values of about 5 KB: somewhere past the first few pages of the file. */
    struct buf file = {0};
    check_ok(file_read(path, 1 << 26, &file, &err), &err);
    size_t at = 0;
    for (size_t i = 16384; i + 4096 < file.len && !at; i += 4096)
        if (file.at[i + 10] == 4 && file.at[i + 12] == 2) /* an overflow run of two pages */
            at = i + 2000;
    assert_true(at > 0);
    file.at[at] ^= 1;
    check_ok(file_write(path, 0600, buf_view(&file), &err), &err);
    buf_free(&file);
    room_reopen(room);
    room_expect_named(room, "does not open with the box's key");
    struct room_heard heard;
    assert_int_equal(room_verify(room, &heard).discrepancies, 1);
}

/* As somebody could who has the box's key: another story of how the copy came to be. */
static void a_changed_record_of_a_capture_is_named(void **state)
{
    struct room *room = *state;
    struct err err = {0};
    const struct page_id id = {1, 2};
    struct box_row row;
    struct box_page page = {0};
    struct box_record record;
    struct packer changed = {0};
    SCOPED(box_abort) struct box_writing writing = {0};
    struct store_txn txn;
    check_ok(store_begin(room->archive->catalogue, &txn, &err), &err);
    assert_int_equal(catalogue_box(&txn, 1, &row, &err), 1);
    const struct box_ref ref = {1, &row};
    check_ok(box_get(room->archive->boxes, &ref, id, &page, &err), &err);
    assert_true(box_record_decode(buf_view(&page.record), &record));
    record.capture = bytes_of("{}", 2);
    box_record_encode(&changed, &record);
    check_ok(box_begin(room->archive->boxes, &ref, &writing, &err), &err);
    check_ok(box_put(&writing, id, buf_view(&page.image), packer_view(&changed), &err), &err);
    check_ok(box_commit(&writing, &err), &err);
    row.run++;
    check_ok(catalogue_put_box(&txn, 1, &row, &err), &err);
    check_ok(store_commit(&txn, &no_points, &err), &err);
    packer_free(&changed);
    box_page_clear(&page);
    room_expect_named(room, "page 1-2: the record of its capture is not the one that was filed");
    struct room_heard heard;
    assert_int_equal(room_verify(room, &heard).discrepancies, 1);
}

static void a_box_that_kills_its_reader_is_named(void **state)
{
    struct room *room = *state;
    struct err err = {0};
    struct found_document found;
    check_ok(find_document(room->archive, (struct document_id){1, 2}, &found, &err), &err);
    char path[3 * ROOM_PATH_SIZE];
    snprintf(path, sizeof path, "%s/boxes/%s/data.mdb", room->data, found.box);
    room_close(room);
    struct buf file = {0};
    check_ok(file_read(path, 1 << 26, &file, &err), &err);
    for (size_t page = 2 * 4096; page + 4096 <= file.len; page += 4096)
        memset(file.at + page + 8, 0xa5, 200); /* headers and node tables of every page */
    check_ok(file_write(path, 0600, buf_view(&file), &err), &err);
    buf_free(&file);
    room_reopen(room);
    struct room_heard heard;
    assert_true(room_verify(room, &heard).discrepancies > 0);
}

/* ---- the chain itself ---- */

static void an_event_happens_once(void **state)
{
    struct room *room = *state;
    struct err err = {0};
    struct store_txn txn;
    json_t *facts = json_pack("{s:i}", "n", 1);
    struct journal_event event = {"041", "an event", "tested", 1, facts};
    uint64_t first, again, other;
    check_ok(store_begin(room->archive->catalogue, &txn, &err), &err);
    check_ok(journal_append(&txn, &event, &first, &err), &err);
    check_ok(journal_append(&txn, &event, &again, &err), &err);
    event.id = "another";
    check_ok(journal_append(&txn, &event, &other, &err), &err);
    assert_int_equal(first, 1);
    assert_int_equal(again, 1);
    assert_int_equal(other, 2);
    struct journal_check check;
    struct journal_visitor nobody = {0};
    check_ok(journal_verify(&txn, "041", &nobody, &check, &err), &err);
    assert_int_equal(check.records, 2);
    assert_int_equal(check.broken_at, 0);
    store_abort(&txn);
    json_decref(facts);
}

static void the_journal_tells_the_life_of_a_page(void **state)
{
    struct room *room = *state;
    struct err err = {0};
    struct store_txn txn;
    struct bytes record;
    check_ok(store_begin_read(room->archive->catalogue, &txn, &err), &err);
    assert_int_equal(journal_record(&txn, "061", 4, &record, &err), 1);
    json_t *facts = json_loadb((const char *)record.at, record.len, 0, NULL);
    assert_non_null(facts);
    assert_string_equal(json_string_value(json_object_get(facts, "event")), "filed");
    json_t *page = json_array_get(json_object_get(facts, "pages"), 0);
    json_t *events = json_object_get(page, "events");
    assert_int_equal(json_array_size(events), 2);
    assert_string_equal(json_string_value(json_object_get(json_array_get(events, 0), "event")),
                        "accepted");
    assert_string_equal(json_string_value(json_object_get(json_array_get(events, 1), "actor")),
                        "worker");
    json_decref(facts);
    store_abort(&txn);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, room_tear_down)

int main(void)
{
    struct err err;
    if (seal_start(&err) < 0)
        return 1;
    const struct CMUnitTest tests[] = {
        TEST(a_whole_archive_is_clean),
        TEST(a_missing_key_is_told_once_and_is_no_damage),
        TEST(a_changed_journal_record_is_named),
        TEST(a_removed_journal_record_is_named),
        TEST(a_cut_off_journal_is_named),
        TEST(a_changed_document_row_is_named),
        TEST(a_changed_page_row_is_named),
        TEST(a_removed_document_is_named),
        TEST(a_missing_index_entry_is_named),
        TEST(a_stray_box_folder_is_named),
        TEST(a_changed_box_byte_is_named),
        TEST(a_changed_record_of_a_capture_is_named),
        TEST(a_box_that_kills_its_reader_is_named),
        TEST(an_event_happens_once),
        TEST(the_journal_tells_the_life_of_a_page),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
