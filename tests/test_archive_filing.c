/*
 * The way of a page through the archive: accepted, lent, decided, filed, found, read back.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "archive/filing_plan.h"
#include "archive/intake_work.h"
#include "base/file.h"
#include "base/scope.h"
#include "base/seal.h"
#include "tests/archive_room.h"
#include "tests/check.h"

static const struct room_verdict letter = {.tag = "letter"};
static const struct room_verdict blank = {.tag = "blank", .kind = PAGE_BLANK};
static const struct room_verdict separator = {.tag = "separator", .kind = PAGE_SEPARATOR};

static int file_all(struct room *room)
{
    struct err err = {0};
    int filed = 0, rc;
    while ((rc = filing_run(room->archive, 100, &err)) > 0)
        filed += rc;
    check_ok(rc, &err);
    return filed;
}

static void end_batch(struct room *room, struct batch_id id, uint32_t pages)
{
    struct err err = {0};
    struct batch_end end = {.sheets_fed = pages, .pages = pages};
    int rc = archive_batch_end(room->archive, id, &end, &err);
    check_ok(rc, &err);
}

static int find(struct room *room, struct found_document *documents, int most)
{
    struct err err = {0};
    struct find_query query = {.tenant = "061", .most = most};
    int rc = find_documents(room->archive, &query, documents, &err);
    check_ok(rc, &err);
    return rc;
}

static void a_page_comes_back_byte_for_byte(void **state)
{
    (void)state;
    struct room room;
    struct err err = {0};
    room_open(&room);
    struct batch_id batch = room_batch(&room, 1, BOUNDARY_MARKED);
    assert_int_equal(room_feed(&room, (struct page_id){batch.n, 1}, true), 0);
    room_decide_next(&room, &letter);
    assert_int_equal(file_all(&room), 0); /* the end is not known */
    end_batch(&room, batch, 1);
    assert_int_equal(file_all(&room), 1);

    struct found_document found;
    assert_int_equal(find(&room, &found, 10), 1);
    assert_string_equal(found.tag, "letter");
    assert_string_equal(found.rule, "LTR");
    assert_int_equal(day_compare(found.expiry, (struct day){2029, 7, 1}), 0);
    assert_int_equal(strncmp(found.box, "061/admin/letter/2029-07/", 25), 0);
    struct found_page page;
    int rc = find_page(room.archive, &found, 0, &page, &err);
    check_ok(rc, &err);
    struct buf image = {0};
    room_image(page.id, 5000, &image);
    assert_true(bytes_equal(buf_view(&image), buf_view(&page.image)));
    assert_string_equal(page.tag, "letter");
    assert_true(memmem(page.record.at, page.record.len, "verdict secret", 14) != NULL);
    assert_true(memmem(page.capture.at, page.capture.len, "capture secret", 14) != NULL);
    buf_free(&image);
    found_page_clear(&page);

    rc = archive_batch_close(room.archive, batch, "someone", &err);
    check_ok(rc, &err);
    struct archive_counts counts = room_count(&room, batch);
    assert_int_equal(counts.filed, 1);
    assert_int_equal(counts.documents, 1);
    assert_int_equal(counts.envelopes_filed, 1);
    room_remove(&room);
}

/* A row: what is fed and decided, and the documents that come of it ("first+count tag"). */
struct assembly {
    const char *what;
    enum boundary boundary;
    const char *pages;     /* l letter, c cheque, b blank, s separator, m medical sick note */
    const char *starts;    /* x where capture marks a first page */
    const char *documents; /* in order */
    int envelopes;
};

static const struct assembly assemblies[] = {
    {"no separator: the batch is one envelope", BOUNDARY_SEPARATORS, "lll", "   ", "1+3 letter ",
     1},
    {"a separator begins an envelope", BOUNDARY_SEPARATORS, "lslsl", "     ",
     "1+1 letter 2+2 letter 4+2 letter ", 3},
    {"a leading separator too", BOUNDARY_SEPARATORS, "slsl", "    ", "1+2 letter 3+2 letter ", 2},
    {"marks bound, separators do not", BOUNDARY_MARKED, "lslsl", "x  x ", "1+3 letter 4+2 letter ",
     2},
    {"blanks stay with the page before", BOUNDARY_MARKED, "lbbcb", "x    ",
     "1+3 letter 4+2 cheque ", 1},
    {"leading blanks go with the first document", BOUNDARY_MARKED, "bblc", "x   ",
     "1+3 letter 4+1 cheque ", 1},
    {"an envelope of blanks is kept as such", BOUNDARY_MARKED, "bbl", "x x",
     "1+2 blank 3+1 letter ", 2},
    {"an envelope of a separator alone", BOUNDARY_SEPARATORS, "ssb", "   ",
     "1+1 separator 2+2 separator ", 0},
    {"medical pages make a document of their own", BOUNDARY_MARKED, "nmmn", "x   ",
     "1+1 sick_note 2+2 sick_note 4+1 sick_note ", 1},
};

static struct room_verdict verdict_of(char kind)
{
    switch (kind) {
    case 'c':
        return (struct room_verdict){.tag = "cheque"};
    case 'b':
        return blank;
    case 's':
        return separator;
    case 'm':
        return (struct room_verdict){.tag = "sick_note", .compartment = COMPARTMENT_MEDICAL};
    case 'n':
        return (struct room_verdict){.tag = "sick_note"};
    default:
        return letter;
    }
}

static void check_assembly(struct room *room, const struct assembly *row, uint8_t mark)
{
    struct batch_id batch = room_batch(room, mark, row->boundary);
    uint32_t count = (uint32_t)strlen(row->pages);
    for (uint32_t i = 0; i < count; i++)
        assert_int_equal(room_feed(room, (struct page_id){batch.n, i + 1}, row->starts[i] == 'x'),
                         0);
    for (uint32_t i = 0; i < count; i++) {
        struct room_verdict verdict = verdict_of(row->pages[i]);
        room_decide_next(room, &verdict);
    }
    end_batch(room, batch, count);
    file_all(room);
    struct found_document found[20];
    struct find_query query = {.tenant = "061", .batch = batch, .most = 20};
    struct err err = {0};
    int documents = find_documents(room->archive, &query, found, &err);
    check_ok(documents, &err);
    char text[400] = "";
    for (int i = 0; i < documents; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%u+%u %s ",
                 found[i].id.first_page, found[i].page_count, found[i].tag);
    if (strcmp(text, row->documents) != 0)
        fail_msg("%s: got %s, want %s", row->what, text, row->documents);
    struct archive_counts counts = room_count(room, batch);
    room_check_equation(&counts);
    assert_int_equal(counts.envelopes, row->envelopes);
    assert_int_equal(counts.envelopes_filed, row->envelopes);
    int rc = archive_batch_close(room->archive, batch, "test", &err);
    check_ok(rc, &err);
}

static void envelopes_and_documents_are_cut_as_documented(void **state)
{
    (void)state;
    struct room room;
    room_open(&room);
    for (size_t i = 0; i < sizeof assemblies / sizeof *assemblies; i++)
        check_assembly(&room, &assemblies[i], (uint8_t)(i + 1));
    room_remove(&room);
}

/* ---- long envelopes ---- */

enum { LONG_PAGES = 1234, LONG_GROUP = 250 };

static void feed_long(struct room *room, struct batch_id batch, uint32_t count)
{
    static struct intake_page pages[LONG_GROUP];
    static char images[LONG_GROUP][32];
    int results[LONG_GROUP];
    for (uint32_t first = 1; first <= count; first += LONG_GROUP) {
        struct err err = {0};
        size_t group = 0;
        for (; group < LONG_GROUP && first + group <= count; group++) {
            uint32_t number = first + (uint32_t)group;
            int len = snprintf(images[group], sizeof images[group], "page %u", number);
            struct bytes image = bytes_of(images[group], (size_t)len);
            pages[group] = (struct intake_page){.id = {batch.n, number},
                                                .image = image,
                                                .digest = digest_of(image),
                                                .sheet = number};
        }
        check_ok(intake_accept(room->archive, pages, group, results, &err), &err);
        for (size_t i = 0; i < group; i++)
            assert_int_equal(results[i], 0);
    }
}

/* All letters; page `medical` one to the médecin-conseil (0: none). */
static void decide_long(struct room *room, uint32_t medical)
{
    static struct intake_lease leases[LONG_GROUP];
    static struct intake_decision decisions[LONG_GROUP];
    int results[LONG_GROUP], count;
    struct err err = {0};
    while ((count = intake_lend(room->archive, LONG_GROUP, 60000, leases, &err)) > 0) {
        for (int i = 0; i < count; i++) {
            decisions[i] = (struct intake_decision){.lending = {leases[i].id, leases[i].epoch},
                                                    .accepted = true,
                                                    .tag = "letter",
                                                    .actor = "worker"};
            if (leases[i].id.page == medical)
                decisions[i].compartment = COMPARTMENT_MEDICAL;
            intake_lease_clear(&leases[i]);
        }
        check_ok(intake_decide(room->archive, decisions, (size_t)count, results, &err), &err);
    }
    check_ok(count, &err);
}

static void a_long_envelope_is_cut_into_documents(void **state)
{
    (void)state;
    struct room room;
    struct err err = {0};
    struct found_document found[10];
    room_open(&room);
    struct batch_id batch = room_batch(&room, 1, BOUNDARY_SEPARATORS);
    feed_long(&room, batch, LONG_PAGES);
    decide_long(&room, 0);
    assert_int_equal(filing_run(room.archive, 10, &err), 0);
    end_batch(&room, batch, LONG_PAGES);
    file_all(&room);
    assert_int_equal(find(&room, found, 10), 3);
    assert_int_equal(found[0].page_count, 500);
    assert_int_equal(found[1].id.first_page, 501);
    assert_int_equal(found[2].page_count, LONG_PAGES - 1000);
    assert_int_equal(found[2].envelope.first_page, 1);
    struct archive_counts counts = room_count(&room, batch);
    assert_int_equal(counts.envelopes_filed, 1);
    assert_int_equal(counts.documents, 3);
    assert_int_equal(counts.filed, LONG_PAGES);
    check_ok(archive_batch_close(room.archive, batch, "test", &err), &err);
    room_remove(&room);
}

/* ---- mail to the médecin-conseil ---- */

static enum compartment compartment_at(struct room *room, uint32_t first_page)
{
    struct found_document found[20];
    int count = find(room, found, 20);
    for (int i = 0; i < count; i++)
        if (found[i].id.first_page == first_page)
            return found[i].compartment;
    fail_msg("no document begins at page %u", first_page);
    return COMPARTMENT_ADMIN;
}

/* A care form, an enclosure, the letter that says to whom, what it goes on with, a cheque; then
 * another envelope. */
static void a_letter_to_the_doctor_takes_its_enclosures_with_it(void **state)
{
    (void)state;
    static const struct room_verdict pages[] = {
        {.tag = "care_form"},
        {.tag = "other"},
        {.tag = "letter", .compartment = COMPARTMENT_MEDICAL},
        {.tag = "letter"},
        {.tag = "cheque"},
        {.tag = "letter"}};
    static const enum compartment want[] = {[1] = COMPARTMENT_ADMIN,
                                            [2] = COMPARTMENT_MEDICAL,
                                            [3] = COMPARTMENT_MEDICAL,
                                            [5] = COMPARTMENT_ADMIN,
                                            [6] = COMPARTMENT_ADMIN};
    struct room room;
    room_open(&room);
    struct batch_id batch = room_batch(&room, 1, BOUNDARY_MARKED);
    for (uint32_t page = 1; page <= 6; page++)
        room_feed(&room, (struct page_id){batch.n, page}, page == 1 || page == 6);
    for (int i = 0; i < 6; i++)
        room_decide_next(&room, &pages[i]);
    end_batch(&room, batch, 6);
    file_all(&room);
    assert_int_equal(room_count(&room, batch).documents, 5); /* both pages of the letter are one */
    for (uint32_t page = 1; page <= 6; page++)
        if (page != 4)
            assert_int_equal(compartment_at(&room, page), want[page]);
    room_remove(&room);
}

/* A batch that was fed as mail to the médecin-conseil: whatever can be read of it. */
static void a_medical_batch_keeps_forms_and_cheques_open(void **state)
{
    (void)state;
    static const struct room_verdict pages[] = {
        {.tag = "letter"}, {.tag = "cheque"}, {.tag = "other"}, {.tag = "care_form"}};
    struct room room;
    struct batch_id batch;
    struct err err = {0};
    room_open(&room);
    struct batch_spec spec = room_spec(1, BOUNDARY_MARKED);
    spec.medical = true;
    check_ok(archive_batch_open(room.archive, &spec, &batch, &err), &err);
    spec.medical = false;
    check_refused(archive_batch_open(room.archive, &spec, &batch, &err), ERR_CONFLICT, &err);
    for (uint32_t page = 1; page <= 4; page++)
        room_feed(&room, (struct page_id){batch.n, page}, true);
    room_reopen(&room);
    for (int i = 0; i < 4; i++)
        room_decide_next(&room, &pages[i]);
    end_batch(&room, batch, 4);
    file_all(&room);
    for (uint32_t page = 1; page <= 4; page++)
        assert_int_equal(compartment_at(&room, page),
                         page % 2 ? COMPARTMENT_MEDICAL : COMPARTMENT_ADMIN);
    room_remove(&room);
}

/* A volet 1 is medical by itself: what lies with it is not. */
static void a_medical_form_takes_nothing_with_it(void **state)
{
    (void)state;
    static const struct room_verdict pages[] = {
        {.tag = "sick_note", .compartment = COMPARTMENT_MEDICAL}, {.tag = "letter"}};
    struct room room;
    room_open(&room);
    struct batch_id batch = room_batch(&room, 1, BOUNDARY_MARKED);
    for (uint32_t page = 1; page <= 2; page++)
        room_feed(&room, (struct page_id){batch.n, page}, page == 1);
    for (int i = 0; i < 2; i++)
        room_decide_next(&room, &pages[i]);
    end_batch(&room, batch, 2);
    file_all(&room);
    assert_int_equal(compartment_at(&room, 1), COMPARTMENT_MEDICAL);
    assert_int_equal(compartment_at(&room, 2), COMPARTMENT_ADMIN);
    room_remove(&room);
}

/* Its first page, which alone says to whom it goes, is filed before the rest is looked at. */
static void the_rest_of_a_long_medical_envelope_is_medical_after_a_restart(void **state)
{
    (void)state;
    enum { PAGES = RUN_PAGES_MAX + 2 * DOCUMENT_PAGES_MAX };
    struct room room;
    struct err err = {0};
    room_open(&room);
    struct batch_id batch = room_batch(&room, 1, BOUNDARY_SEPARATORS);
    feed_long(&room, batch, PAGES);
    decide_long(&room, 1);
    end_batch(&room, batch, PAGES);
    check_ok(filing_run(room.archive, 1, &err), &err);
    const uint64_t filed = room_count(&room, batch).filed;
    assert_in_range(filed, 1, PAGES - 1);
    room_reopen(&room);
    file_all(&room);
    for (uint32_t page = 1; page <= PAGES; page += DOCUMENT_PAGES_MAX)
        assert_int_equal(compartment_at(&room, page), COMPARTMENT_MEDICAL);
    room_remove(&room);
}

static void spoil(const struct room *room, struct intake_part_of what)
{
    static const struct commit_points points = {"test.before", "test.after"};
    struct page_work work;
    struct err err = {0};
    check_ok(page_work_begin(room->archive, what.id, &work, &err), &err);
    check_ok(intake_store(room->archive, &work.work.txn, what, bytes_of("bad", 3), &err), &err);
    check_ok(store_commit(&work.work.txn, &points, &err), &err);
}

static void a_damaged_page_holds_only_its_own_envelope_back(void **state)
{
    (void)state;
    struct room room;
    room_open(&room);
    struct batch_id batch = room_batch(&room, 1, BOUNDARY_MARKED);
    for (uint32_t page = 1; page <= 3; page++)
        room_feed(&room, (struct page_id){batch.n, page}, true);
    for (int i = 0; i < 3; i++)
        room_decide_next(&room, &letter);
    spoil(&room, (struct intake_part_of){INTAKE_IMAGE, {batch.n, 2}});
    end_batch(&room, batch, 3);
    assert_int_equal(file_all(&room), 2);
    struct archive_counts counts = room_count(&room, batch);
    assert_int_equal(counts.filed, 2);
    assert_int_equal(counts.quarantined, 1);
    room_remove(&room);
}

/* Two pages answered in one call, what was noted of the first before does not open. */
static void a_damaged_note_holds_no_verdict_back(void **state)
{
    (void)state;
    struct room room;
    struct err err = {0};
    struct intake_lease leases[2];
    struct intake_decision decisions[2];
    int results[2] = {-1, -1};
    room_open(&room);
    struct batch_id batch = room_batch(&room, 1, BOUNDARY_MARKED);
    for (uint32_t page = 1; page <= 2; page++)
        room_feed(&room, (struct page_id){batch.n, page}, true);
    assert_int_equal(intake_lend(room.archive, 2, 60000, leases, &err), 2);
    spoil(&room, (struct intake_part_of){INTAKE_RECORD, leases[0].id});
    for (int i = 0; i < 2; i++) {
        decisions[i] = (struct intake_decision){.lending = {leases[i].id, leases[i].epoch},
                                                .accepted = true,
                                                .tag = "letter",
                                                .record = bytes_of("{}", 2),
                                                .actor = "worker"};
        intake_lease_clear(&leases[i]);
    }
    check_ok(intake_decide(room.archive, decisions, 2, results, &err), &err);
    assert_int_equal(results[0], 0);
    assert_int_equal(results[1], 0);
    end_batch(&room, batch, 2);
    assert_int_equal(file_all(&room), 2);
    room_remove(&room);
}

/* A pharmacy sends the forms of many patients in one envelope. */
static void every_insured_person_of_an_envelope_is_found(void **state)
{
    (void)state;
    enum { PEOPLE = DOCUMENT_INSURED + 6 };
    struct room room;
    struct err err = {0};
    char insured[16];
    room_open(&room);
    struct batch_id batch = room_batch(&room, 1, BOUNDARY_MARKED);
    for (uint32_t page = 1; page <= PEOPLE; page++) {
        const struct room_verdict form = {.tag = "care_form", .insured = insured};
        snprintf(insured, sizeof insured, "1800506%08u", page);
        assert_int_equal(room_feed(&room, (struct page_id){batch.n, page}, page == 1), 0);
        room_decide_next(&room, &form);
    }
    end_batch(&room, batch, PEOPLE);
    assert_int_equal(file_all(&room), 1);
    for (uint32_t page = 1; page <= PEOPLE; page++) {
        struct found_document found;
        const struct find_query query = {.tenant = "061", .insured = insured, .most = 1};
        snprintf(insured, sizeof insured, "1800506%08u", page);
        int rc = find_documents(room.archive, &query, &found, &err);
        check_ok(rc, &err);
        assert_int_equal(rc, 1);
    }
    room_remove(&room);
}

/* What the catalogue does not know is removed as half made; without it all would be. */
static void without_its_catalogue_an_archive_is_not_touched(void **state)
{
    (void)state;
    struct room room;
    struct err err = {0};
    struct room_heard heard;
    char catalogue[ROOM_PATH_SIZE + 32], away[ROOM_PATH_SIZE + 32];
    room_open(&room);
    room_file_letters(&room, 1, 2);
    room_close(&room);
    snprintf(catalogue, sizeof catalogue, "%s/catalogue", room.data);
    snprintf(away, sizeof away, "%s/away", room.root);
    assert_int_equal(rename(catalogue, away), 0);
    struct archive_params params = room_params(&room, true);
    assert_int_equal(archive_open(&params, &room.archive, &err), ERR_INTEGRITY);
    assert_non_null(strstr(err.text, "no catalogue"));
    assert_int_equal(rename(away, catalogue), 0);
    room_reopen(&room);
    assert_int_equal(room_verify(&room, &heard).discrepancies, 0);
    room_remove(&room);
}

/* One copied while the archive was stopped, put back after it had been opened again. */
static void an_older_catalogue_put_back_is_not_touched(void **state)
{
    (void)state;
    struct room room;
    struct err err = {0};
    struct room_heard heard;
    char path[ROOM_PATH_SIZE + 32];
    SCOPED(buf_free) struct buf older = {0}, newer = {0};
    room_open(&room);
    room_file_letters(&room, 1, 2);
    room_close(&room);
    snprintf(path, sizeof path, "%s/catalogue/data.mdb", room.data);
    check_ok(file_read(path, 1 << 26, &older, &err), &err);
    room_reopen(&room);
    room_file_letters(&room, 2, 3);
    room_close(&room);
    check_ok(file_read(path, 1 << 26, &newer, &err), &err);
    check_ok(file_write(path, 0640, buf_view(&older), &err), &err);
    struct archive_params params = room_params(&room, true);
    assert_int_equal(archive_open(&params, &room.archive, &err), ERR_INTEGRITY);
    assert_non_null(strstr(err.text, "the catalogue is an older one"));
    check_ok(file_write(path, 0640, buf_view(&newer), &err), &err);
    room_reopen(&room);
    const struct verify_report report = room_verify(&room, &heard);
    assert_int_equal(report.discrepancies, 0);
    assert_int_equal(report.pages, 5);
    room_remove(&room);
}

int main(void)
{
    struct err err;
    if (seal_start(&err) < 0)
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_page_comes_back_byte_for_byte),
        cmocka_unit_test(envelopes_and_documents_are_cut_as_documented),
        cmocka_unit_test(a_long_envelope_is_cut_into_documents),
        cmocka_unit_test(a_letter_to_the_doctor_takes_its_enclosures_with_it),
        cmocka_unit_test(a_medical_batch_keeps_forms_and_cheques_open),
        cmocka_unit_test(a_medical_form_takes_nothing_with_it),
        cmocka_unit_test(the_rest_of_a_long_medical_envelope_is_medical_after_a_restart),
        cmocka_unit_test(every_insured_person_of_an_envelope_is_found),
        cmocka_unit_test(without_its_catalogue_an_archive_is_not_touched),
        cmocka_unit_test(an_older_catalogue_put_back_is_not_touched),
        cmocka_unit_test(a_damaged_page_holds_only_its_own_envelope_back),
        cmocka_unit_test(a_damaged_note_holds_no_verdict_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
