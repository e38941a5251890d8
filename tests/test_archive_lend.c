/*
 * Whose page is lent next: tenants in turn, inside a tenant what was declared as urgent.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>

#include "base/seal.h"
#include "tests/archive_room.h"
#include "tests/check.h"

/* One-page envelopes, in groups. */
static struct batch_id feed_many(struct room *room, const struct batch_spec *spec, uint32_t count)
{
    enum { GROUP = 250 };
    struct err err = {0};
    struct batch_id batch;
    struct intake_page pages[GROUP];
    int results[GROUP];
    const struct bytes image = bytes_of("page", 4);
    check_ok(archive_batch_open(room->archive, spec, &batch, &err), &err);
    for (uint32_t number = 1; number <= count;) {
        size_t group = 0;
        for (; group < GROUP && number <= count; group++, number++)
            pages[group] = (struct intake_page){.id = {batch.n, number},
                                                .image = image,
                                                .digest = digest_of(image),
                                                .starts_envelope = true,
                                                .sheet = number};
        check_ok(intake_accept(room->archive, pages, group, results, &err), &err);
    }
    return batch;
}

static void ten_thousand_envelopes_do_not_delay_fifty(void **state)
{
    struct room *room = *state;
    struct err err = {0};
    struct batch_spec spec = room_spec(1, BOUNDARY_MARKED);
    spec.received = (struct day){2026, 11, 3}; /* older, and there first */
    feed_many(room, &spec, 10000);
    struct intake_lease leases[4];
    for (int i = 0; i < 10; i++) { /* work has begun */
        assert_int_equal(intake_lend(room->archive, 4, 60000, leases, &err), 4);
        for (int k = 0; k < 4; k++)
            intake_lease_clear(&leases[k]);
    }
    spec = room_spec(2, BOUNDARY_MARKED);
    snprintf(spec.tenant, sizeof spec.tenant, "041");
    struct batch_id small = feed_many(room, &spec, 50);
    int lent = 0, of_small = 0;
    for (; of_small < 50; lent += 4) {
        assert_int_equal(intake_lend(room->archive, 4, 60000, leases, &err), 4);
        for (int k = 0; k < 4; k++) {
            of_small += leases[k].id.batch == small.n;
            intake_lease_clear(&leases[k]);
        }
    }
    assert_in_range(lent, 96, 104); /* every second page is its own */
}

/* What was declared goes first inside its tenant, in the order of the configuration, and takes
 * nothing from another's turns. */
static void a_declared_batch_is_lent_first_inside_its_tenant(void **state)
{
    static const struct {
        const char *tenant, *kind;
        int day;
    } batches[] = {{"061", "", 1},          {"061", "letter", 2}, {"061", "sick_note", 9},
                   {"061", "cheque", 9},    {"041", "", 9},       {"061", "cheque", 8},
                   {"061", "sick_note", 7}, {"061", "", 3}};
    static const struct {
        const char *tenant;
        int want[8], count;
    } lines[] = {{"061", {5, 3, 6, 2, 0, 1, 7}, 7}, {"041", {4}, 1}};
    struct room *room = *state;
    struct err err = {0};
    struct batch_id ids[8];
    struct intake_lease lease;
    for (size_t i = 0; i < 8; i++) {
        struct batch_spec spec = room_spec((uint8_t)i, BOUNDARY_MARKED);
        spec.received = (struct day){2026, 11, batches[i].day};
        snprintf(spec.tenant, sizeof spec.tenant, "%s", batches[i].tenant);
        snprintf(spec.kind, sizeof spec.kind, "%s", batches[i].kind);
        check_ok(archive_batch_open(room->archive, &spec, &ids[i], &err), &err);
        room_feed(room, (struct page_id){ids[i].n, 1}, true);
    }
    room_reopen(room); /* what was declared is on the disk */
    int at[2] = {0};
    for (int lent = 0; lent < 8; lent++) {
        check_ok(intake_lend(room->archive, 1, 60000, &lease, &err), &err);
        const int line = lease.id.batch == ids[4].n;
        assert_int_equal(lease.id.batch, ids[lines[line].want[at[line]++]].n);
        assert_true(lent != 1 || at[1] == 1); /* the other tenant's turn */
        intake_lease_clear(&lease);
    }
    assert_int_equal(at[0], lines[0].count);
    assert_int_equal(at[1], lines[1].count);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, room_set_up, room_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(ten_thousand_envelopes_do_not_delay_fifty),
        TEST(a_declared_batch_is_lent_first_inside_its_tenant),
    };
    struct err err;
    check_ok(seal_start(&err), &err);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
