/*
 * The hopper folder: what is a sheet, in which order, and that none is lost or doubled whatever
 * moment the process ends at.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "scanner/feeder/hopper.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/scope.h"
#include "scanner/feeder/faults.h"
#include "tests/check.h"

static char root[] = "/tmp/tripli-hopper-XXXXXX";
static char folder[PATH_MAX], state_folder[PATH_MAX];

static const char *in(const char *name)
{
    static char path[2 * PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void put(const char *name, const char *text)
{
    struct err err = {0};
    check_ok(file_write(in(name), 0600, bytes_of(text, strlen(text)), &err), &err);
}

static bool has(const char *name)
{
    return access(in(name), F_OK) == 0;
}

static int clear(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "%s/in", root);
    snprintf(state_folder, sizeof state_folder, "%s/state", root);
    return file_remove_tree(folder, NULL) < 0 || file_remove_tree(state_folder, NULL) < 0 ||
           file_make_folders(folder, 0700, NULL) < 0;
}

static struct hopper *open_hopper(const char *state)
{
    struct err err = {0};
    struct hopper *hopper = NULL;
    check_ok(hopper_open(folder, state, &hopper, &err), &err);
    return hopper;
}

static void sheets_come_in_byte_order_with_their_backs(void **state)
{
    static const char *const files[] = {"10.tif",   "2.a.png",     "2.b.png",    "B.JPG",
                                        "a.a.jpeg", "a.b.TIFF",    "c.b.png",    "d.a.png",
                                        "d.b.txt",  ".hidden.png", "e.png.part", "faults"};
    static const struct {
        const char *front, *back;
    } want[] = {{"10.tif", ""},           {"2.a.png", "2.b.png"}, {"B.JPG", ""},
                {"a.a.jpeg", "a.b.TIFF"}, {"", "c.b.png"},        {"d.a.png", ""}};
    struct err err = {0};
    struct hopper_sheet sheet;
    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        put(files[i], "");
    SCOPED(hopper_free) struct hopper *hopper = open_hopper("");
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        assert_true(hopper_loaded(hopper));
        check_ok(hopper_take(hopper, &sheet, &err), &err);
        assert_string_equal(sheet.front, want[i].front);
        assert_string_equal(sheet.back, want[i].back);
        check_ok(hopper_settle(hopper, &sheet, HOPPER_TRAY, &err), &err);
    }
    assert_false(hopper_loaded(hopper));
    check_refused(hopper_take(hopper, &sheet, &err), ERR_NOT_FOUND, &err);
    assert_int_equal(hopper_passed(hopper), 6);
}

static void a_move_cut_off_by_a_kill_is_finished(void **state)
{
    static const char *const left[] = {"1.a.png", "1.b.png"};
    (void)state;
    for (int moved = 0; moved <= 2; moved++) { /* how many of the two files had moved */
        struct err err = {0};
        struct hopper_sheet sheet;
        clear(NULL);
        put("2.png", "");
        put("feeder.journal", "pass 1.a.png\ndo"); /* the last line broken off too */
        check_ok(file_make_folders(in("fed"), 0700, &err), &err);
        for (int i = 0; i < 2; i++) { /* the back moves first, the file of the sheet's name last */
            bool gone = i == 1 ? moved >= 1 : moved == 2;
            char name[32];
            snprintf(name, sizeof name, "%s%s", gone ? "fed/" : "", left[i]);
            put(name, "");
        }
        SCOPED(hopper_free) struct hopper *hopper = open_hopper("");
        assert_true(has("fed/1.a.png") && has("fed/1.b.png"));
        assert_int_equal(hopper_passed(hopper), 1);
        check_ok(hopper_take(hopper, &sheet, &err), &err);
        assert_string_equal(sheet.name, "2.png");
    }
}

static void a_name_that_comes_again_is_a_new_sheet(void **state)
{
    struct err err = {0};
    struct hopper_sheet sheet;
    (void)state;
    for (int round = 0; round < 2; round++) {
        put("1.png", "");
        SCOPED(hopper_free) struct hopper *hopper = open_hopper("");
        check_ok(hopper_take(hopper, &sheet, &err), &err);
        check_ok(hopper_settle(hopper, &sheet, HOPPER_TRAY, &err), &err);
        assert_false(hopper_loaded(hopper));
        assert_int_equal(hopper_passed(hopper), round + 1);
    }
}

static void a_kept_folder_is_not_written(void **state)
{
    struct err err = {0};
    struct hopper_sheet sheet;
    (void)state;
    put("1.a.png", "");
    put("1.b.png", "");
    put("2.png", "");
    put("3.png", "");
    assert_int_equal(chmod(folder, 0500), 0);
    struct hopper *hopper = open_hopper(state_folder);
    check_ok(hopper_take(hopper, &sheet, &err), &err);
    check_ok(hopper_settle(hopper, &sheet, HOPPER_TRAY, &err), &err);
    check_ok(hopper_take(hopper, &sheet, &err), &err);
    check_ok(hopper_settle(hopper, &sheet, HOPPER_PATH, &err), &err);
    hopper_free(&hopper);
    hopper = open_hopper(state_folder);
    check_ok(hopper_take(hopper, &sheet, &err), &err);
    assert_string_equal(sheet.name, "3.png");
    check_ok(hopper_settle(hopper, &sheet, HOPPER_BACK, &err), &err);
    assert_int_equal(hopper_refeed(hopper, &err), 1);
    check_ok(hopper_take(hopper, &sheet, &err), &err);
    assert_string_equal(sheet.name, "2.png");
    hopper_free(&hopper);
    assert_int_equal(chmod(folder, 0700), 0);
    assert_true(has("1.a.png") && has("2.png") && !has("fed") && !has("feeder.journal"));
}

static void a_hopper_has_one_feeder(void **state)
{
    struct err err = {0};
    struct hopper *second = NULL;
    (void)state;
    SCOPED(hopper_free) struct hopper *hopper = open_hopper("");
    check_refused(hopper_open(folder, "", &second, &err), ERR_CONFLICT, &err);
    assert_null(second);
}

static void a_sheet_taken_away_by_hand_is_gone(void **state)
{
    struct err err = {0};
    struct hopper_sheet sheet;
    (void)state;
    put("1.png", "");
    put("2.png", "");
    SCOPED(hopper_free) struct hopper *hopper = open_hopper("");
    assert_int_equal(remove(in("1.png")), 0);
    check_ok(hopper_take(hopper, &sheet, &err), &err);
    assert_string_equal(sheet.name, "2.png");
    assert_int_equal(remove(in("2.png")), 0);
    check_ok(hopper_settle(hopper, &sheet, HOPPER_BACK, &err), &err);
    assert_false(hopper_loaded(hopper));
}

static void faults_are_read_by_the_letter(void **state)
{
    static const char text[] = "# what goes wrong\n  jam sheet=2 side=back percent=30 "
                               "transported=yes\r\n;double-feed sheet=7;\n\nstop sheet=9";
    static struct fault_list list;
    struct err err = {0};
    (void)state;
    check_ok(faults_parse(&list, text, strlen(text), &err), &err);
    assert_int_equal(list.count, 3);
    assert_int_equal(list.at[0].kind, FAULT_JAM);
    assert_true(list.at[0].transported && list.at[0].side == 1 && list.at[0].percent == 30);
    assert_string_equal(fault_name(list.at[1].kind), "double-feed");
    assert_null(faults_due(&list, 2, 1, false));
    assert_ptr_equal(faults_due(&list, 2, 1, true), &list.at[0]);
    assert_ptr_equal(faults_due(&list, 9, 0, false), &list.at[2]);
    list.at[2].struck = true;
    assert_null(faults_due(&list, 9, 0, false));
}

int main(void)
{
    if (!mkdtemp(root))
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(sheets_come_in_byte_order_with_their_backs, clear),
        cmocka_unit_test_setup(a_move_cut_off_by_a_kill_is_finished, clear),
        cmocka_unit_test_setup(a_name_that_comes_again_is_a_new_sheet, clear),
        cmocka_unit_test_setup(a_kept_folder_is_not_written, clear),
        cmocka_unit_test_setup(a_hopper_has_one_feeder, clear),
        cmocka_unit_test_setup(a_sheet_taken_away_by_hand_is_gone, clear),
        cmocka_unit_test(faults_are_read_by_the_letter),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    file_remove_tree(root, NULL);
    return failed;
}
