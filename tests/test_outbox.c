/*
 * The outbox of partners: each key finds its own and nothing else, an order is answered once, what
 * is sealed opens with the partner's secret key alone.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "partners/outbox.h"

#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/scope.h"
#include "base/seal.h"
#include "partners/listed.h"
#include "tests/check.h"

enum { FILE_BYTES = 2 * SPOOL_CHUNK_BYTES + 1000 };

static const struct outbox_order one = {.uuid = "11111111111111111111111111111111"},
                                 two = {.uuid = "22222222222222222222222222222222",
                                        .again = 7,
                                        .pdf = true};
static char top[] = "/tmp/tripli-outbox-XXXXXX";
static char root[64];
static struct curve_keys keys, strange;
static uint8_t plain[FILE_BYTES];
static struct outbox_owner owner = {.tenant = "041"};

static int fresh(void **state)
{
    (void)state;
    struct err err = {0};
    return file_remove_tree(root, &err);
}

static enum outbox_phase asked(const struct outbox_order *order)
{
    struct err err = {0};
    struct outbox_standing standing;
    check_ok(outbox_ask(root, &owner, order, &standing, &err), &err);
    assert_string_equal(standing.uuid, order->uuid);
    return standing.phase;
}

static struct outbox_work waiting(void)
{
    struct err err = {0};
    struct outbox_work work;
    assert_int_equal(outbox_next(root, "", &work, &err), 1);
    return work;
}

static void settle(const char *uuid, enum outbox_phase phase, uint32_t number)
{
    struct err err = {0};
    struct outbox_standing standing = {.phase = phase, .number = number, .files = 1};
    snprintf(standing.uuid, sizeof standing.uuid, "%s", uuid);
    check_ok(outbox_settle(root, &owner, &standing, &err), &err);
}

/* A hand-over 3 of one file, ready for the owner. */
static void make(void)
{
    struct err err = {0};
    char path[INBOX_PATH_SIZE];
    assert_int_equal(asked(&one), OUTBOX_PREPARING);
    outbox_file_path(root, &owner, 0, path);
    check_ok(file_write(path, 0600, bytes_of("manifest\n", 9), &err), &err);
    outbox_file_path(root, &owner, 1, path);
    check_ok(parcel_write(path, owner.key, bytes_of(plain, sizeof plain), &err), &err);
    settle(one.uuid, OUTBOX_READY, 3);
}

static int piece(const struct outbox_owner *who, struct outbox_place place, struct buf *ret_sealed,
                 struct err *err)
{
    struct inbox_part part;
    int rc = outbox_piece(root, who, &place, &part, err);
    buf_free(ret_sealed);
    *ret_sealed = part.bytes;
    return rc;
}

static void an_order_waits_until_it_is_answered_and_then_for_no_other_call(void **state)
{
    (void)state;
    struct err err = {0};
    struct outbox_work work;
    assert_int_equal(outbox_next(root, "", &work, &err), 0);
    assert_int_equal(asked(&one), OUTBOX_PREPARING);
    assert_int_equal(asked(&two), OUTBOX_PREPARING); /* the first one stays */
    work = waiting();
    assert_string_equal(work.order.uuid, one.uuid);
    assert_false(work.order.pdf);
    assert_string_equal(work.owner.key, owner.key);
    struct outbox_work more;
    assert_int_equal(outbox_next(root, work.name, &more, &err), 0);
    settle(one.uuid, OUTBOX_NOTHING, 3);
    assert_int_equal(asked(&one), OUTBOX_NOTHING);
    assert_int_equal(asked(&two), OUTBOX_PREPARING);
    work = waiting();
    assert_string_equal(work.order.uuid, two.uuid);
    assert_int_equal(work.order.again, two.again);
    assert_true(work.order.pdf);
}

static void a_refusal_is_the_answer_of_the_call(void **state)
{
    (void)state;
    struct err err = {0};
    struct outbox_standing standing = {.phase = OUTBOX_REFUSED, .code = ERR_LIMIT};
    assert_int_equal(asked(&one), OUTBOX_PREPARING);
    memcpy(standing.uuid, one.uuid, sizeof standing.uuid);
    snprintf(standing.reason, sizeof standing.reason, "too long ago: 40 days, at most 30");
    check_ok(outbox_settle(root, &owner, &standing, &err), &err);
    check_refused(outbox_ask(root, &owner, &one, &standing, &err), ERR_LIMIT, &err);
    assert_string_equal(err.text, "too long ago: 40 days, at most 30");
}

static void pieces_open_with_the_partners_key_alone(void **state)
{
    (void)state;
    struct err err = {0};
    SCOPED(buf_free) struct buf whole = {0};
    make();
    for (uint32_t at = 0; at < sizeof plain; at += SPOOL_CHUNK_BYTES) {
        SCOPED(buf_free) struct buf sealed = {0};
        check_ok(piece(&owner, (struct outbox_place){3, 1, at}, &sealed, &err), &err);
        check_refused(parcel_open(buf_view(&sealed), &strange, &whole, &err), ERR_INTEGRITY, &err);
        check_ok(parcel_open(buf_view(&sealed), &keys, &whole, &err), &err);
        sealed.at[sealed.len / 2] ^= 1;
        check_refused(parcel_open(buf_view(&sealed), &keys, &whole, &err), ERR_INTEGRITY, &err);
    }
    assert_int_equal(whole.len, sizeof plain);
    assert_memory_equal(whole.at, plain, sizeof plain);
}

static void only_what_is_ready_is_passed_on(void **state)
{
    (void)state;
    struct err err = {0};
    SCOPED(buf_free) struct buf none = {0};
    const struct {
        struct outbox_place place;
        int code;
    } rows[] = {{{2, 1, 0}, ERR_NOT_FOUND}, /* another number */
                {{3, 2, 0}, ERR_NOT_FOUND}, /* no such file */
                {{3, 1, 1}, ERR_PROTOCOL}}; /* not where a piece begins */
    make();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check_refused(piece(&owner, rows[i].place, &none, &err), rows[i].code, &err);
    check_ok(piece(&owner, (struct outbox_place){3, 1, 1u << 20}, &none, &err), &err);
    assert_int_equal(none.len, 0); /* beyond the end */
    check_ok(outbox_empty(root, &owner, &err), &err);
    check_refused(piece(&owner, (struct outbox_place){3, 1, 0}, &none, &err), ERR_NOT_FOUND, &err);
}

static void nobody_else_finds_it(void **state)
{
    (void)state;
    struct err err = {0};
    SCOPED(buf_free) struct buf none = {0};
    struct outbox_owner others[3] = {owner, owner, owner};
    const struct outbox_given given = {.number = 3};
    struct outbox_standing standing;
    memcpy(others[0].tenant, "061", sizeof others[0].tenant);
    others[1].medical = true;
    memcpy(others[2].key, strange.public_key, sizeof others[2].key);
    make();
    for (int i = 0; i < 3; i++) {
        check_refused(piece(&others[i], (struct outbox_place){3, 0, 0}, &none, &err), ERR_NOT_FOUND,
                      &err);
        check_refused(outbox_acknowledge(root, &others[i], &given, &standing, &err), ERR_NOT_FOUND,
                      &err);
        check_ok(outbox_ask(root, &others[i], &one, &standing, &err), &err);
        assert_int_equal(standing.phase, OUTBOX_PREPARING); /* by the same id */
    }
    check_ok(piece(&owner, (struct outbox_place){3, 0, 0}, &none, &err), &err);
}

static void an_acknowledgement_stays_until_the_hub_has_it(void **state)
{
    (void)state;
    struct err err = {0};
    struct outbox_given given = {.number = 3};
    struct outbox_standing standing;
    memcpy(given.uuid, one.uuid, sizeof given.uuid);
    make();
    for (int i = 0; i < 2; i++) {
        check_ok(outbox_acknowledge(root, &owner, &given, &standing, &err), &err);
        assert_int_equal(standing.phase, OUTBOX_GIVING);
    }
    assert_true(waiting().has_given);
    assert_int_equal(asked(&two), OUTBOX_PREPARING); /* meanwhile somebody fetches */
    settle(one.uuid, OUTBOX_GIVEN, 3);
    assert_false(waiting().has_given);
    assert_true(waiting().has_order);
    check_ok(outbox_acknowledge(root, &owner, &given, &standing, &err), &err);
    assert_int_equal(standing.phase, OUTBOX_GIVEN);
    given.number = 4;
    check_refused(outbox_acknowledge(root, &owner, &given, &standing, &err), ERR_NOT_FOUND, &err);
}

static void a_key_is_listed_for_one_compartment(void **state)
{
    (void)state;
    struct err err = {0};
    struct listed listed;
    static const struct {
        const char *name, *tenant; /* "" denied */
        bool medical;
    } rows[] = {{"041", "041", false},      {"041 medical", "041", true},
                {"041 Medical", "", false}, {"041 medical 061", "", false},
                {"41", "", false},          {"0411", "", false},
                {"medical", "", false},     {"041 admin", "", false}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char path[96], line[128];
        struct allow_list *list = NULL;
        snprintf(path, sizeof path, "%s/list", top);
        snprintf(line, sizeof line, "%s %s\n", keys.public_key, rows[i].name);
        check_ok(file_write(path, 0600, bytes_of(line, strlen(line)), &err), &err);
        check_ok(allow_list_open(path, &list, &err), &err);
        int rc = listed_find(list, keys.public_key, &listed, &err);
        assert_int_equal(rc, rows[i].tenant[0] ? 0 : ERR_DENIED);
        if (rc == 0)
            assert_string_equal(listed.tenant, rows[i].tenant);
        if (rc == 0)
            assert_int_equal(listed.medical, rows[i].medical);
        check_refused(listed_find(list, strange.public_key, &listed, &err), ERR_DENIED, &err);
        allow_list_free(&list);
    }
}

int main(void)
{
    struct err err = {0};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(an_order_waits_until_it_is_answered_and_then_for_no_other_call,
                               fresh),
        cmocka_unit_test_setup(a_refusal_is_the_answer_of_the_call, fresh),
        cmocka_unit_test_setup(pieces_open_with_the_partners_key_alone, fresh),
        cmocka_unit_test_setup(only_what_is_ready_is_passed_on, fresh),
        cmocka_unit_test_setup(nobody_else_finds_it, fresh),
        cmocka_unit_test_setup(an_acknowledgement_stays_until_the_hub_has_it, fresh),
        cmocka_unit_test_setup(a_key_is_listed_for_one_compartment, fresh),
    };
    check_ok(seal_start(&err), &err);
    assert_non_null(mkdtemp(top));
    snprintf(root, sizeof root, "%s/partners", top);
    check_ok(curve_generate(&keys, &err), &err);
    check_ok(curve_generate(&strange, &err), &err);
    memcpy(owner.key, keys.public_key, sizeof owner.key);
    for (size_t i = 0; i < sizeof plain; i++)
        plain[i] = (uint8_t)(i * i >> 8);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    check_ok(file_remove_tree(top, &err), &err);
    return failed;
}
