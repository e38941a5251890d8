/*
 * Nothing personal lies in clear below DATA, no key lies there unwrapped, and only the right key
 * opens a compartment.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>
#include <unistd.h>

#include "archive/keys.h"
#include "base/file.h"
#include "base/seal.h"
#include "tests/archive_room.h"
#include "tests/check.h"

static const char insured[] = "2690549588157";

static const struct room_verdict care_form = {.tag = "care_form", .insured = insured};
static const struct room_verdict medical = {
    .tag = "sick_note", .compartment = COMPARTMENT_MEDICAL, .insured = insured};

/* One admin and one medical page filed, one more on its way, one in quarantine. */
static struct batch_id fill(struct room *room)
{
    struct err err = {0};
    struct batch_id batch = room_batch(room, 1, BOUNDARY_MARKED);
    for (uint32_t page = 1; page <= 4; page++)
        room_feed(room, (struct page_id){batch.n, page}, page != 2);
    room_decide_next(room, &care_form);
    room_decide_next(room, &medical);
    assert_int_equal(filing_run(room->archive, 10, &err), 1);
    room_decide_next(room, &care_form);
    struct intake_lease lease;
    assert_int_equal(intake_lend(room->archive, 1, 60000, &lease, &err), 1);
    struct intake_lending lending = {lease.id, lease.epoch};
    intake_lease_clear(&lease);
    check_ok(intake_quarantine(room->archive, lending, "reason secret", &err), &err);
    return batch;
}

static void check_absent(const struct room *room, const char *text)
{
    if (room_holds(room->data, bytes_of(text, strlen(text))))
        fail_msg("'%s' stands in clear below DATA", text);
}

static void nothing_personal_stands_in_clear(void **state)
{
    (void)state;
    struct room room;
    room_open(&room);
    fill(&room);
    static const char *const texts[] = {"patient Dupont", insured, "capture secret",
                                        "verdict secret", "reason secret"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        check_absent(&room, texts[i]);
    room_close(&room);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        check_absent(&room, texts[i]);
    room_remove(&room);
}

static void key_file(const struct room *room, const char *name, char ret_path[ROOM_PATH_SIZE * 2])
{
    snprintf(ret_path, ROOM_PATH_SIZE * 2, "%s/%s", room->keys, name);
}

static void no_key_lies_below_data(void **state)
{
    (void)state;
    struct room room;
    struct err err = {0};
    room_open(&room);
    fill(&room);
    room_close(&room);
    static const char *const names[] = {"061.admin.key", "061.medical.key", "platform.key"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[ROOM_PATH_SIZE * 2];
        struct buf file = {0};
        key_file(&room, names[i], path);
        check_ok(file_read(path, 1000, &file, &err), &err);
        for (size_t at = 24; at + 16 <= 56; at += 8) /* any part of the key */
            assert_false(room_holds(room.data, bytes_of(file.at + at, 16)));
        buf_free(&file);
    }
    struct keys *keys = NULL;
    const struct keys_params params = {room.data, room.keys, false};
    const struct key_owner owner = {"061", COMPARTMENT_ADMIN};
    const struct seal_key *search;
    struct seal_key *box = NULL;
    check_ok(keys_open(&params, &keys, &err), &err);
    check_ok(keys_search(keys, &owner, &search, &err), &err);
    assert_false(room_holds(room.data, bytes_of(search->at, SEAL_KEY_BYTES)));
    check_ok(keys_open_box(keys, &owner, 1, &box, &err), &err);
    assert_false(room_holds(room.data, bytes_of(box->at, SEAL_KEY_BYTES)));
    seal_key_free(&box);
    keys_free(&keys);
    room_remove(&room);
}

static int find(struct archive *archive, const struct find_query *query,
                struct found_document found[10], struct err *err)
{
    struct find_query ten = *query;
    ten.most = 10;
    return find_documents(archive, &ten, found, err);
}

static void an_insured_number_finds_its_documents(void **state)
{
    (void)state;
    struct room room;
    struct err err = {0};
    struct found_document found[10];
    room_open(&room);
    fill(&room);
    struct find_query query = {.tenant = "061", .insured = insured};
    int count = find(room.archive, &query, found, &err);
    check_ok(count, &err);
    assert_int_equal(count, 2);
    assert_int_equal(found[0].compartment, COMPARTMENT_ADMIN);
    assert_int_equal(found[1].compartment, COMPARTMENT_MEDICAL);
    query.insured = "2 69 05 49 588 157";
    assert_int_equal(find(room.archive, &query, found, &err), 2);
    query.insured = "2690549588158";
    assert_int_equal(find(room.archive, &query, found, &err), 0);
    query = (struct find_query){.insured = insured};
    check_refused(find(room.archive, &query, found, &err), ERR_FORMAT, &err);
    query = (struct find_query){.tenant = "041", .insured = insured};
    assert_int_equal(find(room.archive, &query, found, &err), 0);
    room_remove(&room);
}

/* Runs as a reader without the key file. */
static struct archive *reader_without(struct room *room, const char *name)
{
    char path[ROOM_PATH_SIZE * 2];
    key_file(room, name, path);
    room_close(room);
    assert_int_equal(unlink(path), 0);
    return room_reader(room);
}

static void without_the_medical_key_nothing_medical_is_found(void **state)
{
    (void)state;
    struct room room;
    struct err err = {0};
    struct found_document found[10], medical_document;
    room_open(&room);
    struct batch_id batch = fill(&room);
    check_ok(find_document(room.archive, (struct document_id){batch.n, 2}, &medical_document, &err),
             &err);
    struct archive *reader = reader_without(&room, "061.medical.key");
    const struct find_query queries[] = {
        {.tenant = "061"}, {.tenant = "061", .insured = insured}, {.tag = NULL}};
    for (int i = 0; i < 3; i++) {
        int count = find(reader, &queries[i], found, &err);
        check_ok(count, &err);
        assert_int_equal(count, 1);
        assert_string_equal(found[0].tag, "care_form");
    }
    check_refused(find_document(reader, medical_document.id, found, &err), ERR_DENIED, &err);
    assert_non_null(strstr(err.text, "061.medical.key"));
    struct found_page page;
    check_refused(find_page(reader, &medical_document, 0, &page, &err), ERR_DENIED, &err);
    archive_free(&reader);
    room_remove(&room);
}

static void without_the_admin_key_find_names_the_key_file(void **state)
{
    (void)state;
    struct room room;
    struct err err = {0};
    struct found_document found[10];
    room_open(&room);
    fill(&room);
    struct archive *reader = reader_without(&room, "061.admin.key");
    struct find_query query = {.tenant = "061"};
    check_refused(find(reader, &query, found, &err), ERR_DENIED, &err);
    assert_non_null(strstr(err.text, "061.admin.key"));
    query.tenant = NULL;
    int count = find(reader, &query, found, &err);
    check_ok(count, &err);
    for (int i = 0; i < count; i++)
        assert_int_equal(found[i].compartment, COMPARTMENT_MEDICAL);
    archive_free(&reader);
    room_remove(&room);
}

static void another_tenants_key_opens_nothing(void **state)
{
    (void)state;
    struct room room;
    struct err err = {0};
    room_open(&room);
    struct batch_id batch = fill(&room);
    struct found_document found;
    check_ok(find_document(room.archive, (struct document_id){batch.n, 1}, &found, &err), &err);
    room_close(&room);
    /* A key file of our own making in the place of the right one. */
    char path[ROOM_PATH_SIZE * 2];
    struct buf file = {0};
    key_file(&room, "061.admin.key", path);
    check_ok(file_read(path, 1000, &file, &err), &err);
    file.at[40] ^= 1;
    assert_int_equal(unlink(path), 0);
    check_ok(file_write(path, 0400, buf_view(&file), &err), &err);
    struct archive *reader = room_reader(&room);
    struct found_page page;
    check_refused(find_page(reader, &found, 0, &page, &err), ERR_INTEGRITY, &err);
    archive_free(&reader);
    /* The key file of another tenant. */
    memcpy(file.at + 24, "041", 3);
    assert_int_equal(unlink(path), 0);
    check_ok(file_write(path, 0400, buf_view(&file), &err), &err);
    reader = room_reader(&room);
    check_refused(find_page(reader, &found, 0, &page, &err), ERR_INTEGRITY, &err);
    assert_non_null(strstr(err.text, "061.admin.key"));
    archive_free(&reader);
    buf_free(&file);
    room_remove(&room);
}

static void a_lost_key_is_never_replaced_by_a_new_one(void **state)
{
    (void)state;
    struct room room;
    struct err err = {0};
    room_open(&room);
    fill(&room);
    struct archive *reader = reader_without(&room, "061.admin.key");
    archive_free(&reader);
    room_reopen(&room);
    struct batch_spec spec = room_spec(2, BOUNDARY_MARKED);
    struct batch_id batch;
    check_refused(archive_batch_open(room.archive, &spec, &batch, &err), ERR_DENIED, &err);
    assert_non_null(strstr(err.text, "restore"));
    room_remove(&room);
}

static void a_retired_day_leaves_neither_key_nor_file(void **state)
{
    (void)state;
    struct room room;
    struct err err = {0};
    room_open(&room);
    struct batch_id batch = room_batch(&room, 1, BOUNDARY_MARKED);
    room_feed(&room, (struct page_id){batch.n, 1}, true);
    room_decide_next(&room, &care_form);
    struct batch_end end = {1, 0, 1};
    check_ok(archive_batch_end(room.archive, batch, &end, &err), &err);
    assert_int_equal(filing_run(room.archive, 10, &err), 1);
    char path[ROOM_PATH_SIZE * 2];
    snprintf(path, sizeof path, "%s/keys/intake.keys", room.data);
    struct buf before = {0}, after = {0};
    check_ok(file_read(path, 100000, &before, &err), &err);
    check_ok(archive_batch_close(room.archive, batch, "test", &err), &err);
    check_ok(file_read(path, 100000, &after, &err), &err);
    assert_int_equal(before.len, 128);
    assert_int_equal(after.len, 128);
    for (size_t i = 0; i < after.len; i++)
        assert_int_equal(after.at[i], 0);
    assert_false(room_holds(room.data, bytes_of(before.at + 20, 32)));
    snprintf(path, sizeof path, "%s/intake", room.data);
    buf_free(&before);
    buf_free(&after);
    assert_int_equal(rmdir(path), 0); /* empty */
    room_remove(&room);
}

static void keys_inside_data_are_refused(void **state)
{
    (void)state;
    struct room room;
    struct err err = {0};
    room_open(&room);
    room_close(&room);
    struct archive_params params = room_params(&room, true);
    char inside[ROOM_PATH_SIZE * 2];
    snprintf(inside, sizeof inside, "%s/k", room.data);
    params.key_dir = inside;
    struct archive *archive = NULL;
    check_refused(archive_open(&params, &archive, &err), ERR_CONFIG, &err);
    room_remove(&room);
}

int main(void)
{
    struct err err;
    if (seal_start(&err) < 0)
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_personal_stands_in_clear),
        cmocka_unit_test(no_key_lies_below_data),
        cmocka_unit_test(an_insured_number_finds_its_documents),
        cmocka_unit_test(without_the_medical_key_nothing_medical_is_found),
        cmocka_unit_test(without_the_admin_key_find_names_the_key_file),
        cmocka_unit_test(another_tenants_key_opens_nothing),
        cmocka_unit_test(a_lost_key_is_never_replaced_by_a_new_one),
        cmocka_unit_test(a_retired_day_leaves_neither_key_nor_file),
        cmocka_unit_test(keys_inside_data_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
