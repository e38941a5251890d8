/*
 * How a page with text lies: skew, orientation, and putting it straight.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <leptonica/allheaders.h>
#include <math.h>

#include "base/scope.h"
#include "image/decode.h"
#include "image/line_skew.h"
#include "image/orient.h"
#include "image/skew.h"
#include "image/turn.h"
#include "tests/check.h"
#include "tests/page_fixture.h"

/* The page turned counter-clockwise, as a scanner would deliver it. */
static struct Pix *turned_by(struct Pix *page, int quarters, double degrees)
{
    struct Pix *leaning = pixRotate(page, (float)(-degrees * 3.14159265358979 / 180),
                                    L_ROTATE_SHEAR, L_BRING_IN_WHITE, 0, 0);
    struct Pix *turned = pixRotateOrth(leaning, (4 - quarters) % 4);

    pixDestroy(&leaning);
    assert_non_null(turned);
    return turned;
}

static void skew_is_measured_within_a_tenth_of_a_degree(void **state)
{
    static const double angles[] = {0, 0.3, -0.7, 1.5, -2.9, 5, -8.2, 12, -14.5};
    SCOPED(image_free) struct Pix *page = fixture_letter();
    struct skew_params params = SKEW_DEFAULT;

    (void)state;
    for (size_t i = 0; i < sizeof angles / sizeof *angles; i++) {
        for (int quarters = 0; quarters < 2; quarters++) {
            SCOPED(image_free) struct Pix *leaning = turned_by(page, quarters, angles[i]);
            struct err err = {0};
            struct skew skew;

            check_ok(image_skew(leaning, &params, &skew, &err), &err);
            if (fabs(skew.degrees - angles[i]) > 0.1 || skew.confidence < 0.5)
                fail_msg("turned %d: got %.2f (%.2f), want %.2f", quarters * 90, skew.degrees,
                         skew.confidence, angles[i]);
        }
    }
}

static void the_skew_of_lines_is_that_of_leptonica(void **state)
{
    static const double angles[] = {0, 0.06, 0.5, -0.9, 3.3, -7.1, 15, -15.5, 16, 25, 60};
    SCOPED(image_free) struct Pix *letter = fixture_letter();
    SCOPED(image_free) struct Pix *page = pixReduceRankBinaryCascade(letter, 1, 1, 0, 0);
    struct line_skew_params params = {.range = 16, .step = 1, .finest = 0.05f};

    (void)state;
    for (size_t i = 0; i < sizeof angles / sizeof *angles; i++) {
        SCOPED(image_free) struct Pix *leaning = turned_by(page, (int)i % 2, angles[i]);
        float degrees = 0, confidence, strength = 0;
        struct err err = {0};
        struct line_skew skew;

        pixFindSkewSweepAndSearchScore(leaning, &degrees, &confidence, &strength, 1, 1, 0, 16, 1,
                                       0.05f);
        check_ok(line_skew(leaning, &params, &skew, &err), &err);
        if (skew.degrees != degrees || skew.strength != strength)
            fail_msg("turned %.2f: got %.4f (%.1f), want %.4f (%.1f)", angles[i],
                     (double)skew.degrees, (double)skew.strength, (double)degrees,
                     (double)strength);
    }
}

static void a_page_without_ink_has_no_line_skew(void **state)
{
    SCOPED(image_free) struct Pix *page = fixture_page(200, 300, 50);
    struct line_skew_params params = {.range = 16, .step = 1, .finest = 0.05f};
    struct err err = {0};
    struct line_skew skew;

    (void)state;
    check_ok(line_skew(page, &params, &skew, &err), &err);
    assert_true(skew.degrees == 0 && skew.strength == 0);
}

static void a_page_without_lines_has_no_skew(void **state)
{
    SCOPED(image_free) struct Pix *page = fixture_page(FIXTURE_WIDTH, FIXTURE_HEIGHT, 300);
    struct skew_params params = SKEW_DEFAULT;
    struct err err = {0};
    unsigned seed = 1;
    struct skew skew;

    (void)state;
    check_ok(image_skew(page, &params, &skew, &err), &err);
    assert_true(skew.degrees == 0 && skew.confidence < 0.3);
    for (int i = 0; i < 200; i++)
        pixSetPixel(page, (int)(fixture_random(&seed) % FIXTURE_WIDTH),
                    (int)(fixture_random(&seed) % FIXTURE_HEIGHT), 1);
    check_ok(image_skew(page, &params, &skew, &err), &err);
    assert_true(skew.degrees == 0 && skew.confidence < 0.3);
}

static void a_scanner_border_does_not_pass_for_text(void **state)
{
    SCOPED(image_free) struct Pix *page = fixture_letter();
    SCOPED(image_free) struct Pix *leaning = turned_by(page, 0, 2.5);
    struct skew_params params = SKEW_DEFAULT;
    struct err err = {0};
    struct skew skew;

    (void)state;
    pixSetOrClearBorder(leaning, 90, 70, 60, 110, PIX_SET);
    check_ok(image_skew(leaning, &params, &skew, &err), &err);
    assert_true(fabs(skew.degrees - 2.5) <= 0.1);
}

static void the_rotation_of_text_is_known(void **state)
{
    SCOPED(image_free) struct Pix *page = fixture_letter();
    struct orient_params params = ORIENT_DEFAULT;

    (void)state;
    for (int quarters = 0; quarters < 4; quarters++) {
        SCOPED(image_free) struct Pix *turned = turned_by(page, quarters, 1.2);
        struct orientation found;
        struct err err = {0};

        check_ok(image_orient(turned, &params, &found, &err), &err);
        if (!found.known || found.rotation != 90 * quarters || found.confidence < 0.7)
            fail_msg("got %d (%s, %.2f), want %d", found.rotation,
                     found.known ? "known" : "unknown", found.confidence, 90 * quarters);
    }
}

static void a_page_without_text_has_an_unknown_rotation(void **state)
{
    SCOPED(image_free) struct Pix *page = fixture_page(FIXTURE_WIDTH, FIXTURE_HEIGHT, 300);
    struct orient_params params = ORIENT_DEFAULT;
    struct orientation found;
    struct err err = {0};

    (void)state;
    check_ok(image_orient(page, &params, &found, &err), &err);
    assert_false(found.known);
    assert_false(found.axis_known);
}

static void quarter_turns_are_undone_exactly(void **state)
{
    static const int depths[] = {1, 8, 32};

    (void)state;
    for (size_t i = 0; i < sizeof depths / sizeof *depths; i++) {
        for (int quarters = 0; quarters < 4; quarters++) {
            SCOPED(image_free) struct Pix *page = fixture_pattern(53, 31, depths[i], 4);
            SCOPED(image_free) struct Pix *turned = pixRotateOrth(page, (4 - quarters) % 4);
            SCOPED(image_free) struct Pix *back = NULL;
            struct err err = {0};
            l_int32 same = 0;

            pixSetResolution(turned, quarters % 2 ? 200 : 300, quarters % 2 ? 300 : 200);
            check_ok(turn_upright(turned, 90 * quarters, &back, &err), &err);
            pixEqual(page, back, &same);
            assert_true(same);
            assert_int_equal(pixGetXRes(back), 300);
        }
    }
}

static void a_box_is_found_again_before_the_turn(void **state)
{
    (void)state;
    for (int rotation = 0; rotation < 360; rotation += 90) {
        SCOPED(image_free) struct Pix *page = fixture_page(60, 40, 300);
        SCOPED(image_free) struct Pix *upright = NULL;
        struct image_box box = {5, 8, 7, 3}, back;
        struct err err = {0};
        l_int32 inside = 0;

        back = turn_back(box, rotation, 60, 40);
        pixRasterop(page, back.x, back.y, back.width, back.height, PIX_SET, NULL, 0, 0);
        check_ok(turn_upright(page, rotation, &upright, &err), &err);
        BOX *area = boxCreate(box.x, box.y, box.width, box.height);
        pixCountPixelsInRect(upright, area, &inside, NULL);
        boxDestroy(&area);
        assert_int_equal(inside, 21);
    }
}

static void a_skew_is_undone(void **state)
{
    static const int depths[] = {1, 8, 32};
    SCOPED(image_free) struct Pix *letter = fixture_letter();
    struct skew_params params = SKEW_DEFAULT;

    (void)state;
    for (size_t i = 0; i < sizeof depths / sizeof *depths; i++) {
        SCOPED(image_free) struct Pix *leaning = turned_by(letter, 0, -3.3);
        SCOPED(image_free)
        struct Pix *page = depths[i] == 1   ? pixClone(leaning)
                           : depths[i] == 8 ? pixConvertTo8(leaning, 0)
                                            : pixConvertTo32(leaning);
        SCOPED(image_free) struct Pix *straight = NULL;
        SCOPED(image_free) struct Pix *bits = NULL;
        struct err err = {0};
        struct skew skew;

        check_ok(turn_straight(page, -3.3, &straight, &err), &err);
        assert_int_equal(pixGetWidth(straight), FIXTURE_WIDTH);
        assert_int_equal(pixGetDepth(straight), depths[i]);
        bits = pixConvertTo1(straight, 128);
        check_ok(image_skew(bits, &params, &skew, &err), &err);
        assert_true(fabs(skew.degrees) <= 0.1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(skew_is_measured_within_a_tenth_of_a_degree),
        cmocka_unit_test(the_skew_of_lines_is_that_of_leptonica),
        cmocka_unit_test(a_page_without_ink_has_no_line_skew),
        cmocka_unit_test(a_page_without_lines_has_no_skew),
        cmocka_unit_test(a_scanner_border_does_not_pass_for_text),
        cmocka_unit_test(the_rotation_of_text_is_known),
        cmocka_unit_test(a_page_without_text_has_an_unknown_rotation),
        cmocka_unit_test(quarter_turns_are_undone_exactly),
        cmocka_unit_test(a_box_is_found_again_before_the_turn),
        cmocka_unit_test(a_skew_is_undone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
