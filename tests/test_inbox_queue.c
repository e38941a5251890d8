/*
 * The queue of batches that wait for the hub: tenants take turns, what goes first goes first.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "partners/inbox_queue.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "tests/check.h"

#define FIRST "cheque sick_note"

static char top[] = "/tmp/tripli-queue-XXXXXX";
static char root[64];

/* A whole batch as the gateway leaves it, by its number and date of receipt. */
static void queue_path(const char *tenant, int number, char ret_path[INBOX_PATH_SIZE])
{
    snprintf(ret_path, INBOX_PATH_SIZE, "%s/queue/%s-%032x", root, tenant, (unsigned)number);
}

static void lay_in_queue(const char *tenant, int number, const char *entry)
{
    struct err err = {0};
    char path[INBOX_PATH_SIZE];
    snprintf(path, sizeof path, "%s/queue", root);
    check_ok(file_make_folders(path, 0700, &err), &err);
    queue_path(tenant, number, path);
    check_ok(file_write(path, 0600, bytes_of(entry, strlen(entry)), &err), &err);
}

struct offered {
    const char *tenant;
    int number;
};

/* Takes each batch that is offered, or passes it over, and compares. */
static void check_order(const struct offered *want, size_t count, bool is_taken)
{
    static struct inbox_pass pass = {.first = FIRST};
    struct err err = {0};
    struct inbox_queued queued;
    char path[INBOX_PATH_SIZE];
    pass = (struct inbox_pass){.first = FIRST};
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(inbox_next(root, &pass, &queued, &err), 1);
        assert_string_equal(queued.tenant, want[i].tenant);
        assert_int_equal(strtol(queued.uuid, NULL, 16), want[i].number);
        queue_path(queued.tenant, want[i].number, path);
        if (is_taken)
            assert_int_equal(unlink(path), 0);
        else
            inbox_pass_over(&pass, &queued);
    }
    assert_int_equal(inbox_next(root, &pass, &queued, &err), 0);
    assert_int_equal(inbox_next(root, &pass, &queued, &err), !is_taken);
}

static void tenants_take_turns_and_the_oldest_date_is_first(void **state)
{
    (void)state;
    static const struct offered want[] = {{"003", 9}, {"041", 6}, {"061", 7}, {"003", 2},
                                          {"061", 8}, {"003", 1}, {"003", 3}};
    lay_in_queue("003", 1, "2026-11-21");
    lay_in_queue("003", 2, "2026-11-19");
    lay_in_queue("003", 3, "2026-11-21");
    lay_in_queue("003", 9, "no day"); /* counts as the oldest */
    lay_in_queue("061", 7, "2026-10-01");
    lay_in_queue("061", 8, "2026-11-25");
    lay_in_queue("041", 6, "2026-11-25");
    for (int is_taken = 0; is_taken <= 1; is_taken++) /* in trouble, they come round again */
        check_order(want, sizeof want / sizeof *want, is_taken);
}

static void cheques_then_sick_notes_go_before_older_mail(void **state)
{
    (void)state;
    static const struct offered want[] = {{"003", 4}, {"061", 8}, {"003", 3}, {"061", 7},
                                          {"003", 5}, {"003", 1}, {"003", 2}};
    lay_in_queue("003", 1, "2026-10-01 letter");
    lay_in_queue("003", 2, "2026-10-02 cheques"); /* not a kind */
    lay_in_queue("003", 3, "2026-11-21 cheque");
    lay_in_queue("003", 4, "2026-11-20 cheque");
    lay_in_queue("003", 5, "2026-11-19 sick_note");
    lay_in_queue("061", 7, "2026-09-01");
    lay_in_queue("061", 8, "2026-11-22 sick_note");
    for (int is_taken = 0; is_taken <= 1; is_taken++)
        check_order(want, sizeof want / sizeof *want, is_taken);
}

static void a_batch_that_comes_later_waits_for_one_of_another_tenant(void **state)
{
    (void)state;
    static struct inbox_pass pass = {.first = FIRST};
    struct err err = {0};
    struct inbox_queued queued;
    for (int i = 0; i < INBOX_UNFINISHED_MAX; i++)
        lay_in_queue("003", i, "2026-11-20");
    assert_int_equal(inbox_next(root, &pass, &queued, &err), 1);
    assert_string_equal(queued.tenant, "003");
    lay_in_queue("061", 1, "2026-11-25");
    assert_int_equal(inbox_next(root, &pass, &queued, &err), 1);
    assert_string_equal(queued.tenant, "061");
}

/* A tenant that always has mail must not keep another's from being tried again. */
static void what_was_passed_over_is_offered_again_after_a_while(void **state)
{
    (void)state;
    static struct inbox_pass pass = {.first = FIRST};
    struct err err = {0};
    struct inbox_queued queued;
    lay_in_queue("003", 1, "2026-11-20");
    lay_in_queue("061", 1, "2026-11-20");
    assert_int_equal(inbox_next(root, &pass, &queued, &err), 1);
    assert_string_equal(queued.tenant, "003");
    inbox_pass_over(&pass, &queued);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(inbox_next(root, &pass, &queued, &err), 1);
        assert_string_equal(queued.tenant, "061");
    }
    pass.ends_ms -= INBOX_PASS_MS;
    assert_int_equal(inbox_next(root, &pass, &queued, &err), 1);
    assert_string_equal(queued.tenant, "003");
}

static int fresh(void **state)
{
    (void)state;
    struct err err = {0};
    file_remove_tree(root, &err);
    return 0;
}

int main(void)
{
    struct err err = {0};
    if (!mkdtemp(top))
        return 1;
    snprintf(root, sizeof root, "%s/in", top);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(tenants_take_turns_and_the_oldest_date_is_first, fresh),
        cmocka_unit_test_setup(cheques_then_sick_notes_go_before_older_mail, fresh),
        cmocka_unit_test_setup(a_batch_that_comes_later_waits_for_one_of_another_tenant, fresh),
        cmocka_unit_test_setup(what_was_passed_over_is_offered_again_after_a_while, fresh),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    file_remove_tree(top, &err);
    return failed;
}
