/*
 * What waits, tenant by tenant, and the text that a collector reads.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "archive/standings.h"
#include "base/clock.h"
#include "base/scope.h"
#include "base/seal.h"
#include "tests/archive_room.h"
#include "tests/check.h"
#include "workers/counts_json.h"
#include "workers/prometheus.h"

static struct room room;

static int open_room(void **state)
{
    (void)state;
    room_open(&room);
    return 0;
}

static int remove_room(void **state)
{
    (void)state;
    room_remove(&room);
    return 0;
}

static struct batch_id batch_of(const char *tenant, uint8_t mark)
{
    struct err err = {0};
    struct batch_id id = {0};
    struct batch_spec spec = room_spec(mark, BOUNDARY_MARKED);
    snprintf(spec.tenant, sizeof spec.tenant, "%s", tenant);
    check_ok(archive_batch_open(room.archive, &spec, &id, &err), &err);
    return id;
}

static int standings(struct tenant_standing rows[ARCHIVE_STANDINGS_MAX])
{
    struct err err = {0};
    int count = archive_standings(room.archive, rows, &err);
    check_ok(count, &err);
    return count;
}

static void tenants_with_mail_that_is_not_filed_are_told_oldest_first(void **state)
{
    (void)state;
    struct tenant_standing rows[ARCHIVE_STANDINGS_MAX];
    const struct room_verdict unsure = {.tag = "letter", .to_code = true};
    struct batch_id first = batch_of("061", 1), other = batch_of("041", 2),
                    again = batch_of("061", 3);
    assert_int_equal(standings(rows), 0);
    int64_t before = clock_wall_ms();
    for (uint32_t page = 1; page <= 2; page++)
        assert_int_equal(room_feed(&room, (struct page_id){first.n, page}, true), 0);
    assert_int_equal(room_feed(&room, (struct page_id){other.n, 1}, true), 0);
    assert_int_equal(room_feed(&room, (struct page_id){again.n, 1}, true), 0);
    room_decide_next(&room, &unsure);
    assert_int_equal(standings(rows), 2);
    assert_true(rows[0].oldest_ms >= before && rows[0].oldest_ms <= rows[1].oldest_ms);
    const struct tenant_standing *nice = &rows[strcmp(rows[0].tenant, "061") != 0];
    const struct tenant_standing *digne = &rows[nice == &rows[0]];
    assert_string_equal(digne->tenant, "041");
    assert_int_equal(nice->unread + nice->to_code + digne->unread + digne->to_code, 4);
    assert_int_equal(nice->unread + nice->to_code, 3);
    assert_int_equal(nice->oldest.batch, first.n);
    assert_int_equal(nice->oldest.first_page, 1);
    assert_int_equal(digne->oldest.batch, other.n);
    assert_int_equal(digne->weight, 1);
}

static void the_end_is_told_where_the_pace_is_known(void **state)
{
    (void)state;
    struct err err = {0};
    struct batch_id batch = batch_of("061", 1);
    for (uint32_t page = 1; page <= 20; page++)
        assert_int_equal(room_feed(&room, (struct page_id){batch.n, page}, true), 0);
    for (int known = 0; known < 2; known++) {
        json_t *status = json_object();
        const int64_t before = clock_wall_ms();
        check_ok(standings_to_json(room.archive, known ? 10 : 0, status, &err), &err);
        const json_t *row = json_array_get(json_object_get(status, "tenants"), 0);
        const json_t *read = json_object_get(row, "read_ms");
        assert_string_equal(json_string_value(json_object_get(row, "oldest_envelope")), "1-1");
        if (known)
            assert_in_range(json_integer_value(read), before + 2000, clock_wall_ms() + 2000);
        else
            assert_true(json_is_null(read));
        json_decref(status);
    }
}

static void batches_being_fed_are_told_until_their_last_sheet(void **state)
{
    (void)state;
    struct err err = {0};
    struct feeding_batch rows[ARCHIVE_FEEDING_MAX];
    const struct batch_end end = {.sheets_fed = 1, .pages = 1};
    int64_t before = clock_wall_ms();
    struct batch_id silent = batch_of("061", 1), fed = batch_of("041", 2);
    assert_int_equal(room_feed(&room, (struct page_id){fed.n, 1}, true), 0);
    assert_int_equal(archive_feeding(room.archive, rows, &err), 2);
    assert_int_equal(rows[0].id.n, silent.n);
    assert_true(rows[0].fed_ms >= before && rows[0].fed_ms <= rows[1].fed_ms);
    check_ok(archive_batch_end(room.archive, fed, &end, &err), &err);
    assert_int_equal(archive_feeding(room.archive, rows, &err), 1);
    assert_int_equal(rows[0].id.n, silent.n);
    assert_string_equal(rows[0].spec.tenant, "061");
}

/* A capture that was killed before it heard the end sends what it has once more. */
static void a_page_of_a_closed_batch_comes_once_more(void **state)
{
    (void)state;
    struct err err = {0};
    struct feeding_batch rows[ARCHIVE_FEEDING_MAX];
    struct batch_id closed = room_file_letters(&room, 1, 1);
    check_ok(archive_batch_close(room.archive, closed, "martin", &err), &err);
    assert_int_equal(room_feed(&room, (struct page_id){closed.n, 1}, true), 0);
    assert_int_equal(archive_feeding(room.archive, rows, &err), 0);
}

static void a_tenant_whose_mail_is_filed_is_not_told(void **state)
{
    (void)state;
    struct tenant_standing rows[ARCHIVE_STANDINGS_MAX];
    room_file_letters(&room, 1, 3);
    assert_int_equal(standings(rows), 0);
}

/* The text of a status, as a string to be freed. */
static char *text_of(const char *json)
{
    char *text = NULL;
    size_t size = 0;
    json_t *status = json_loads(json, 0, NULL);
    FILE *to = open_memstream(&text, &size);
    assert_non_null(status);
    assert_non_null(to);
    prometheus_write(to, status, 1, 10000);
    fclose(to);
    json_decref(status);
    return text;
}

static void each_number_becomes_a_line_of_text(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "\ntripli_verdict 1\n",
        "\ntripli_hub_up 1\n",
        "\ntripli_inbox_batches 3\n",
        "\ntripli_pages_accepted_total 9\n",
        "\ntripli_pages{state=\"to_code\"} 2\n",
        "\ntripli_oldest_page_seconds{tenant=\"061\"} 7.500\n",
        "\ntripli_tenant_pages{tenant=\"061\",state=\"waiting\"} 4\n",
        "\ntripli_worker_cpu_seconds_total{worker=\"a\\\"b\\\\c\\nd\"} 1.5\n",
        "\n# TYPE tripli_pages gauge\n",
    };
    SCOPED(scope_free)
    char *text = text_of(
        "{\"inbox_batches\":3,\"pages_accepted\":9,\"to_code\":2,\"tenants\":[{\"tenant\":\"061\","
        "\"oldest_ms\":2500,\"waiting\":4}],\"lanes\":[{\"worker\":"
        "\"a\\\"b\\\\c\\nd\",\"cpu_ms\":1500}]}");
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        if (!strstr(text, lines[i]))
            fail_msg("no line '%s' in:\n%s", lines[i] + 1, text);
}

static void without_a_hub_the_text_says_so(void **state)
{
    (void)state;
    SCOPED(scope_free) char *text = text_of("{\"tenants\":[]}");
    assert_non_null(strstr(text, "\ntripli_hub_up 0\n"));
    assert_null(strstr(text, "tripli_worker_pages_total{"));
}

int main(void)
{
    struct err err;
    if (seal_start(&err) < 0)
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(tenants_with_mail_that_is_not_filed_are_told_oldest_first,
                                        open_room, remove_room),
        cmocka_unit_test_setup_teardown(the_end_is_told_where_the_pace_is_known, open_room,
                                        remove_room),
        cmocka_unit_test_setup_teardown(batches_being_fed_are_told_until_their_last_sheet,
                                        open_room, remove_room),
        cmocka_unit_test_setup_teardown(a_page_of_a_closed_batch_comes_once_more, open_room,
                                        remove_room),
        cmocka_unit_test_setup_teardown(a_tenant_whose_mail_is_filed_is_not_told, open_room,
                                        remove_room),
        cmocka_unit_test(each_number_becomes_a_line_of_text),
        cmocka_unit_test(without_a_hub_the_text_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
