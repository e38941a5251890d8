/*
 * Steps of elimination in a room: see slip_room.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/slip_room.h"

#include <stdio.h>

#include "archive/hold.h"
#include "tests/check.h"

const struct slip_query slips_all = {.tenant = "061"};

/* A closed batch of one-page letters that was received then. */
void slips_file_letters(struct room *room, uint8_t mark, struct day received, uint32_t pages)
{
    static const struct room_verdict letter = {.tag = "letter", .insured = "2550699999005"};
    struct err err = {0};
    struct batch_spec spec = room_spec(mark, BOUNDARY_MARKED);
    spec.received = received;
    const struct batch_id batch = room_file(room, &spec, &letter, pages);
    check_ok(archive_batch_close(room->archive, batch, "martin", &err), &err);
}

void slips_hold_on(struct room *room, const char *name, struct document_id id)
{
    struct err err = {0};
    const struct hold_spec spec = {.name = name,
                                   .actor = "martin",
                                   .reason = "contentieux",
                                   .owner = "service juridique",
                                   .scope = HOLD_DOCUMENT,
                                   .document = id};
    check_ok(hold_set(room->archive, &spec, &err), &err);
}

void slips_hold_first(struct room *room, uint32_t batch)
{
    slips_hold_on(room, "case", (struct document_id){batch, 1});
}

void slips_lift(struct room *room)
{
    struct err err = {0};
    check_ok(hold_lift(room->archive, "case", "martin", &err), &err);
}

void slips_draw(struct room *room, uint32_t want)
{
    struct err err = {0};
    uint32_t slip = 0;
    check_ok(slip_draw(room->archive, &slips_all, "martin", &slip, &err), &err);
    assert_int_equal(slip, want);
}

void slips_submit(struct room *room, uint32_t slip)
{
    struct err err = {0};
    check_ok(slip_submit(room->archive, slip, "martin", &err), &err);
}

int slips_visa(struct room *room, uint32_t slip, bool granted, struct err *err)
{
    return slip_decide(
        room->archive,
        &(struct slip_visa){
            .slip = slip, .granted = granted, .number = "AD06-17", .actor = "martin"},
        err);
}

enum slip_state slips_state(struct room *room, uint32_t slip)
{
    struct err err = {0};
    struct slip_row row;
    check_ok(slip_show(room->archive, slip, &row, &err), &err);
    return row.state;
}

void slips_expect_clean(struct room *room)
{
    struct room_heard heard;
    room_verify(room, &heard);
    if (heard.lines)
        fail_msg("got '%s', want a clean archive", heard.first);
}

void slips_grant_and_destroy(struct room *room, uint32_t slip)
{
    struct err err = {0};
    slips_submit(room, slip);
    check_ok(slips_visa(room, slip, true, &err), &err);
    check_ok(slip_destroy(room->archive, slip, "martin", &err), &err);
    assert_int_equal(slips_state(room, slip), SLIP_DESTROYED);
}

bool slips_is_there(struct room *room, struct document_id id)
{
    struct err err = {0};
    struct found_document found;
    struct found_page page = {0};
    int rc = find_document(room->archive, id, &found, &err);
    if (rc == ERR_NOT_FOUND)
        return false;
    check_ok(rc, &err);
    check_ok(find_page(room->archive, &found, 0, &page, &err), &err);
    found_page_clear(&page);
    return true;
}
