/*
 * Verdicts as JSON, both ways and strictly.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "classify/verdict.h"

#include <string.h>

#include "tests/check.h"

static struct verdict full_verdict(void)
{
    struct verdict verdict = {.tag = TAG_CARE_FORM,
                              .confidence = 0.9875,
                              .accepted = true,
                              .rotation = 270,
                              .skew = -3.25,
                              .model = "care_form-12541-02-1",
                              .config = "0123456789ab"};
    verdict_reason(&verdict, "form model fits, %d of %d lines", 40, 44);
    verdict_reason(&verdict, "title read: 1 of 1 words");
    verdict_set_field(&verdict, FIELD_NIR, FIELD_PROVEN, "275028308554836",
                      (struct box){10, 20, 300, 40});
    verdict_set_field(&verdict, FIELD_DATE, FIELD_ABSENT, "ignored", (struct box){1, 2, 3, 4});
    verdict.quality = 1u << QUALITY_STREAK | 1u << QUALITY_DOUBLE_SHEET;
    verdict.ms[STAGE_DECODE] = 12.5;
    verdict.ms[STAGE_TEXT] = 400;
    verdict.text = strdup("é\nb\n");
    return verdict;
}

static void a_verdict_survives_json_and_back(void **state)
{
    (void)state;
    struct err err = {0};
    struct verdict verdict = full_verdict(), back;
    json_t *json = verdict_to_json(&verdict);
    assert_non_null(json);
    check_ok(verdict_of_json(json, &back, &err), &err);
    json_t *again = verdict_to_json(&back);
    assert_true(json_equal(json, again));
    assert_string_equal(back.fields[FIELD_NIR].value, "275028308554836");
    assert_int_equal(back.fields[FIELD_DATE].state, FIELD_ABSENT);
    assert_int_equal(back.fields[FIELD_DATE].box.width, 3);
    assert_string_equal(back.fields[FIELD_DATE].value, "");
    assert_int_equal(back.quality, verdict.quality);
    assert_string_equal(back.text, "é\nb\n");
    json_decref(json);
    json_decref(again);
    verdict_clear(&verdict);
    verdict_clear(&back);
    assert_null(back.text);
}

static void an_empty_verdict_has_every_key(void **state)
{
    (void)state;
    struct err err = {0};
    struct verdict verdict = {0}, back;
    json_t *json = verdict_to_json(&verdict);
    assert_int_equal(json_object_size(json), 12);
    assert_string_equal(json_string_value(json_object_get(json, "tag")), "none");
    assert_true(json_is_null(json_object_get(json, "text")));
    assert_int_equal(json_object_size(json_object_get(json, "fields")), FIELD_COUNT);
    assert_int_equal(json_object_size(json_object_get(json, "ms")), STAGE_COUNT);
    check_ok(verdict_of_json(json, &back, &err), &err);
    json_decref(json);
    verdict_clear(&back);
}

/* One row: a key of the object (or of an object in it) and a value that must be refused. */
static const struct {
    const char *inside, *key, *value;
} refused_rows[] = {
    {NULL, "extra", "1"},
    {NULL, "tag", "\"invoice\""},
    {NULL, "tag", "3"},
    {NULL, "confidence", "1.5"},
    {NULL, "confidence", "-0.1"},
    {NULL, "confidence", "\"1\""},
    {NULL, "accepted", "1"},
    {NULL, "rotation", "45"},
    {NULL, "rotation", "360"},
    {NULL, "rotation", "-90"},
    {NULL, "rotation", "90.0"},
    {NULL, "skew", "91"},
    {NULL, "skew", "null"},
    {NULL, "quality", "{}"},
    {NULL, "quality", "[\"ugly\"]"},
    {NULL, "quality", "[\"streak\", \"streak\"]"},
    {NULL, "reasons", "{}"},
    {NULL, "reasons", "[1]"},
    {NULL, "reasons", "[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17]"},
    {NULL, "reasons", "[\"a\\u0000b\"]"},
    {NULL, "ms", "{}"},
    {NULL, "ms", "[]"},
    {NULL, "fields", "[]"},
    {NULL, "fields", "null"},
    {NULL, "model", "7"},
    {NULL, "model", "\"0123456789012345678901234567890123456789012345678901234567890123\""},
    {NULL, "text", "5"},
    {NULL, "text", "\"a\\u0000b\""},
    {"ms", "decode", "-1"},
    {"ms", "decode", "\"0\""},
    {"ms", "lunch", "0"},
    {"fields", "name", "{}"},
    {"fields", "nir", "{}"},
    {"fields", "nir", "{\"value\": \"\", \"state\": \"read\", \"box\": null}"},
    {"fields", "nir", "{\"value\": \"x\", \"state\": \"absent\", \"box\": null}"},
    {"fields", "nir", "{\"value\": \"x\", \"state\": \"sure\", \"box\": null}"},
    {"fields", "nir", "{\"value\": \"x\", \"state\": \"read\", \"box\": {\"x\": 1}}"},
    {"fields", "nir",
     "{\"value\": \"x\", \"state\": \"read\", "
     "\"box\": {\"x\": 1, \"y\": 1, \"width\": 0, \"height\": 1}}"},
    {"fields", "nir", "{\"value\": \"x\", \"state\": \"read\", \"box\": null, \"more\": 1}"},
};

/* As of records that were written before the field was there. */
static void a_field_that_is_missing_is_absent(void **state)
{
    (void)state;
    struct err err = {0};
    struct verdict verdict = full_verdict(), back;
    json_t *json = verdict_to_json(&verdict);
    json_object_del(json_object_get(json, "fields"), "addressee");
    check_ok(verdict_of_json(json, &back, &err), &err);
    assert_int_equal(back.fields[FIELD_ADDRESSEE].state, FIELD_ABSENT);
    assert_string_equal(back.fields[FIELD_NIR].value, verdict.fields[FIELD_NIR].value);
    json_decref(json);
    verdict_clear(&back);
    verdict_clear(&verdict);
}

static void what_is_not_a_verdict_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refused_rows / sizeof *refused_rows; i++) {
        struct err err = {0};
        struct verdict verdict = full_verdict(), back;
        json_t *json = verdict_to_json(&verdict);
        json_t *into =
            refused_rows[i].inside ? json_object_get(json, refused_rows[i].inside) : json;
        json_t *value = json_loads(refused_rows[i].value, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
        assert_non_null(value);
        assert_int_equal(json_object_set_new(into, refused_rows[i].key, value), 0);
        check_refused(verdict_of_json(json, &back, &err), ERR_FORMAT, &err);
        assert_null(back.text);
        json_decref(json);
        verdict_clear(&verdict);
    }
}

static void every_missing_key_is_refused(void **state)
{
    (void)state;
    struct verdict verdict = full_verdict(), back;
    json_t *json = verdict_to_json(&verdict);
    const char *key;
    json_t *value;
    json_object_foreach(json, key, value)
    {
        struct err err = {0};
        json_t *less = json_copy(json);
        json_object_del(less, key);
        check_refused(verdict_of_json(less, &back, &err), ERR_FORMAT, &err);
        json_decref(less);
    }
    struct err err = {0};
    json_t *list = json_array();
    check_refused(verdict_of_json(list, &back, &err), ERR_FORMAT, &err);
    json_decref(list);
    json_decref(json);
    verdict_clear(&verdict);
}

static void names_and_tags_are_each_others_inverse(void **state)
{
    (void)state;
    for (int tag = TAG_CARE_FORM; tag < TAG_COUNT; tag++)
        assert_int_equal(tag_of_name(tag_name((enum tag)tag)), tag);
    assert_int_equal(tag_of_name("invoice"), TAG_NONE);
    assert_true(tag_is_written(TAG_OTHER) && tag_is_written(TAG_CARE_FORM));
    assert_false(tag_is_written(TAG_BLANK) || tag_is_written(TAG_SEPARATOR));
    assert_false(tag_is_written(TAG_NONE));
}

static void reasons_beyond_the_limit_are_dropped_and_long_ones_cut(void **state)
{
    (void)state;
    struct verdict verdict = {0};
    for (int i = 0; i < VERDICT_REASONS_MAX + 5; i++)
        verdict_reason(&verdict, "%0*d", REASON_SIZE + 20, i);
    assert_int_equal(verdict.reason_count, VERDICT_REASONS_MAX);
    assert_int_equal(strlen(verdict.reasons[0]), REASON_SIZE - 1);
}

static void boxes_are_cut_to_the_page(void **state)
{
    (void)state;
    static const struct {
        struct box box, want;
    } rows[] = {
        {{10, 20, 300, 40}, {10, 20, 300, 40}},
        {{-46, 138, 379, 122}, {0, 138, 333, 122}},
        {{900, 600, 200, 200}, {900, 600, 100, 100}},
        {{-50, 10, 40, 40}, {0, 0, 0, 0}},
        {{10, 701, 40, 40}, {0, 0, 0, 0}},
        {{INT32_MAX, 0, INT32_MAX, 10}, {0, 0, 0, 0}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct verdict verdict = {0};
        verdict_set_field(&verdict, FIELD_NIR, FIELD_ABSENT, "", rows[i].box);
        verdict_clip_boxes(&verdict, 1000, 700);
        assert_memory_equal(&verdict.fields[FIELD_NIR].box, &rows[i].want, sizeof(struct box));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_verdict_survives_json_and_back),
        cmocka_unit_test(an_empty_verdict_has_every_key),
        cmocka_unit_test(a_field_that_is_missing_is_absent),
        cmocka_unit_test(what_is_not_a_verdict_is_refused),
        cmocka_unit_test(every_missing_key_is_refused),
        cmocka_unit_test(boxes_are_cut_to_the_page),
        cmocka_unit_test(names_and_tags_are_each_others_inverse),
        cmocka_unit_test(reasons_beyond_the_limit_are_dropped_and_long_ones_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
