/*
 * The cascade on drawn pages, without any engine that reads: forms, blank sides, damaged files,
 * deadlines, and that the same page gives the same verdict.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/scope.h"
#include "classify/classify.h"
#include "classify/learn.h"
#include "classify/models.h"
#include "image/encode.h"
#include "tests/check.h"
#include "tests/drawn_form.h"

enum { FORM = 11, OTHER_FORM = 12 };

static char models_folder[] = "/tmp/tripli-cascade-XXXXXX";
static struct classifier *classifier;

static struct buf file_of(const struct drawn *drawn, bool bilevel)
{
    struct err err = {0};
    struct buf file = {0};
    PIX *page = drawn_page(drawn);
    PIX *kept = bilevel ? pixThresholdToBinary(page, 128) : pixClone(page);
    pixSetResolution(kept, drawn->dpi, drawn->dpi);
    struct image_encode_params params = IMAGE_ENCODE_DEFAULT;
    check_ok(image_encode(kept, &params, &file, &err), &err);
    pixDestroy(&page);
    pixDestroy(&kept);
    return file;
}

static struct verdict verdict_of(const struct buf *file, int deadline_ms)
{
    struct err err = {0};
    struct verdict verdict;
    struct classify_page page = {.file = buf_view(file), .page = 1, .deadline_ms = deadline_ms};
    check_ok(classifier_read(classifier, &page, &verdict, &err), &err);
    return verdict;
}

static int learn_one_form(void **state)
{
    (void)state;
    struct err err = {0};
    char config[4096];
    if (!mkdtemp(models_folder))
        return 1;
    PIX *page = drawn_page(&(struct drawn){.seed = FORM, .dpi = 200});
    const struct Pix *pages[] = {page};
    struct form_model model;
    struct learn_params params = {
        .type = "sick_note", .cerfa = "10170*99", .volet = "2", .pages = pages, .page_count = 1};
    check_ok(learn_form(&params, &model, &err), &err);
    check_ok(models_add(models_folder, &model, &err), &err);
    form_model_free(&model);
    pixDestroy(&page);
    const char *folder = getenv("TRIPLI_CONFIG");
    snprintf(config, sizeof config, "%s/classify.conf", folder ? folder : "config");
    struct classifier_params open = {.config_path = config, .models_dir = models_folder};
    check_ok(classifier_open(&open, &classifier, &err), &err);
    return 0;
}

static int forget_it(void **state)
{
    (void)state;
    classifier_free(&classifier);
    return file_remove_tree(models_folder, NULL);
}

static void a_known_form_is_accepted_with_its_model(void **state)
{
    (void)state;
    for (int turn = 0; turn < 360; turn += 90) {
        for (int bilevel = 0; bilevel < 2; bilevel++) {
            struct drawn drawn = {.seed = FORM,
                                  .dpi = 200,
                                  .turn = turn,
                                  .skew = 1.5,
                                  .writing = 30,
                                  .hand = (uint32_t)turn};
            SCOPED(buf_free) struct buf file = file_of(&drawn, bilevel);
            SCOPED(verdict_clear) struct verdict verdict = verdict_of(&file, 0);
            assert_int_equal(verdict.tag, TAG_SICK_NOTE);
            assert_true(verdict.accepted);
            assert_int_equal(verdict.rotation, turn);
            assert_true(fabs(verdict.skew - 1.5) < 0.3);
            assert_memory_equal(verdict.model, "sick_note-10170-99-v2-r1+", 25);
            assert_string_equal(verdict.fields[FIELD_CERFA].value, "10170*99");
            assert_true(verdict.reason_count > 0 && *verdict.config);
        }
    }
}

static void another_form_is_not_taken_for_it(void **state)
{
    (void)state;
    SCOPED(buf_free)
    struct buf file = file_of(&(struct drawn){.seed = OTHER_FORM, .dpi = 200}, false);
    SCOPED(verdict_clear) struct verdict verdict = verdict_of(&file, 0);
    assert_true(verdict.tag != TAG_SICK_NOTE && verdict.tag != TAG_CARE_FORM);
    assert_string_equal(verdict.model, "");
}

static void an_empty_side_is_blank(void **state)
{
    (void)state;
    for (int bilevel = 0; bilevel < 2; bilevel++) {
        SCOPED(buf_free) struct buf file = file_of(&(struct drawn){.dpi = 200}, bilevel);
        SCOPED(verdict_clear) struct verdict verdict = verdict_of(&file, 0);
        assert_int_equal(verdict.tag, TAG_BLANK);
        assert_true(verdict.accepted);
    }
}

static void what_capture_saw_stands_in_the_verdict_of_a_written_side(void **state)
{
    (void)state;
    const struct drawn drawn[] = {{.seed = FORM, .dpi = 200, .writing = 20}, {.dpi = 200}};
    const quality_set seen = 1u << QUALITY_SIDES_DIFFER;
    for (int blank = 0; blank < 2; blank++) {
        struct err err = {0};
        SCOPED(buf_free) struct buf file = file_of(&drawn[blank], false);
        SCOPED(verdict_clear) struct verdict verdict = {0};
        const struct classify_page page = {.file = buf_view(&file), .page = 1, .captured = seen};
        check_ok(classifier_read(classifier, &page, &verdict, &err), &err);
        assert_int_equal(verdict.quality & seen, blank ? 0 : seen);
    }
}

static void the_same_page_gives_the_same_verdict(void **state)
{
    (void)state;
    SCOPED(buf_free)
    struct buf file =
        file_of(&(struct drawn){.seed = FORM, .dpi = 150, .writing = 20, .skew = -4}, false);
    json_t *first = NULL;
    for (int i = 0; i < 3; i++) {
        SCOPED(verdict_clear) struct verdict verdict = verdict_of(&file, 0);
        json_t *json = verdict_to_json(&verdict);
        json_object_del(json, "ms");
        if (first)
            assert_true(json_equal(first, json));
        else
            first = json_incref(json);
        json_decref(json);
    }
    json_decref(first);
}

static void a_page_over_its_deadline_is_not_accepted(void **state)
{
    (void)state;
    SCOPED(buf_free) struct buf file = file_of(&(struct drawn){.seed = FORM, .dpi = 300}, false);
    SCOPED(verdict_clear) struct verdict verdict = verdict_of(&file, 1);
    assert_false(verdict.accepted);
    assert_non_null(strstr(verdict.reasons[verdict.reason_count - 1], "deadline"));
}

static void what_is_no_image_is_an_error(void **state)
{
    (void)state;
    struct err err = {0};
    struct verdict verdict;
    struct classify_page page = {.file = bytes_of("not an image", 12), .page = 1};
    check_refused(classifier_read(classifier, &page, &verdict, &err), ERR_FORMAT, &err);
    assert_int_equal(verdict.reason_count, 0);
    SCOPED(buf_free) struct buf file = file_of(&(struct drawn){.seed = FORM, .dpi = 100}, false);
    page = (struct classify_page){.file = bytes_of(file.at, file.len / 2), .page = 1};
    assert_true(classifier_read(classifier, &page, &verdict, &err) < 0 || !verdict.accepted ||
                verdict.tag == TAG_SICK_NOTE);
    verdict_clear(&verdict);
}

static void missing_configuration_is_named(void **state)
{
    (void)state;
    struct err err = {0};
    struct classifier *none = NULL;
    struct classifier_params open = {.config_path = "/nowhere.conf", .models_dir = models_folder};
    assert_true(classifier_open(&open, &none, &err) < 0);
    assert_null(none);
    assert_non_null(strstr(err.text, "/nowhere.conf"));
}

int main(void)
{
    setMsgSeverity(L_SEVERITY_NONE);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_known_form_is_accepted_with_its_model),
        cmocka_unit_test(another_form_is_not_taken_for_it),
        cmocka_unit_test(an_empty_side_is_blank),
        cmocka_unit_test(what_capture_saw_stands_in_the_verdict_of_a_written_side),
        cmocka_unit_test(the_same_page_gives_the_same_verdict),
        cmocka_unit_test(a_page_over_its_deadline_is_not_accepted),
        cmocka_unit_test(what_is_no_image_is_an_error),
        cmocka_unit_test(missing_configuration_is_named),
    };
    return cmocka_run_group_tests(tests, learn_one_form, forget_it);
}
