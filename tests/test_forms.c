/*
 * Form models: learned from a drawn blank, found again however the page lies, refused on other
 * forms, kept as files with revisions.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "classify/forms.h"

#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/scope.h"
#include "classify/cut.h"
#include "classify/learn.h"
#include "tests/check.h"
#include "tests/drawn_form.h"

enum { FORM = 11, OTHER_FORM = 12, THIRD_FORM = 13 };

static const struct form_zone nir_zone = {FIELD_NIR, 60, 100, 70, 6, 15};

static struct form_model learned(uint32_t seed, const char *type)
{
    struct err err = {0};
    struct form_model model;
    PIX *page = drawn_page(&(struct drawn){.seed = seed, .dpi = 200});
    const struct Pix *pages[] = {page};
    struct learn_params params = {.type = type,
                                  .cerfa = "12345*06",
                                  .volet = "1",
                                  .pages = pages,
                                  .page_count = 1,
                                  .zones = &nir_zone,
                                  .zone_count = 1};
    check_ok(learn_form(&params, &model, &err), &err);
    pixDestroy(&page);
    return model;
}

/* Score and placement of the model on a drawn page. */
static struct placement placed(const struct form_model *model, const struct drawn *drawn,
                               struct layout *ret_layout)
{
    struct err err = {0};
    struct placement placement;
    PIX *page = drawn_page(drawn);
    check_ok(layout_read(&(struct layout_params){page, -1}, ret_layout, &err), &err);
    check_ok(placement_find(&model->print, ret_layout, &placement, &err), &err);
    pixDestroy(&page);
    return placement;
}

static const struct drawn same_form_rows[] = {
    {.seed = FORM, .dpi = 200},
    {.seed = FORM, .dpi = 150},
    {.seed = FORM, .dpi = 300},
    {.seed = FORM, .dpi = 400},
    {.seed = FORM, .dpi = 200, .turn = 90},
    {.seed = FORM, .dpi = 200, .turn = 180},
    {.seed = FORM, .dpi = 200, .turn = 270},
    {.seed = FORM, .dpi = 200, .skew = 3},
    {.seed = FORM, .dpi = 200, .skew = -9},
    {.seed = FORM, .dpi = 200, .skew = 14},
    {.seed = FORM, .dpi = 200, .skew = -14, .turn = 270},
    {.seed = FORM, .dpi = 200, .scale = 0.93},
    {.seed = FORM, .dpi = 200, .scale = 1.04},
    {.seed = FORM, .dpi = 200, .writing = 60, .hand = 5},
    {.seed = FORM, .dpi = 200, .writing = 60, .hand = 6, .turn = 180, .skew = 2},
};

static void the_form_is_found_however_the_page_lies(void **state)
{
    (void)state;
    SCOPED(form_model_free) struct form_model model = learned(FORM, "sick_note");
    for (size_t i = 0; i < sizeof same_form_rows / sizeof *same_form_rows; i++) {
        const struct drawn *row = &same_form_rows[i];
        SCOPED(layout_free) struct layout layout = {0};
        struct placement placement = placed(&model, row, &layout);
        int rotation = (layout.rotation + (placement.flipped ? 180 : 0)) % 360;
        if (placement.score < 0.45 || rotation != row->turn || fabs(layout.skew - row->skew) > 0.4)
            fail_msg(
                "row %zu: score %.2f (want 0.45), rotation %d (want %d), skew %.2f (want %.2f)", i,
                placement.score, rotation, row->turn, layout.skew, row->skew);
    }
}

static void other_forms_and_scribble_are_refused(void **state)
{
    (void)state;
    SCOPED(form_model_free) struct form_model model = learned(FORM, "sick_note");
    const struct drawn rows[] = {
        {.seed = OTHER_FORM, .dpi = 200},
        {.seed = THIRD_FORM, .dpi = 200, .turn = 90},
        {.seed = 99, .dpi = 200, .writing = 40, .hand = 3},
        {.dpi = 200, .writing = 150, .hand = 4},
        {.dpi = 200},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        SCOPED(layout_free) struct layout layout = {0};
        struct placement placement = placed(&model, &rows[i], &layout);
        if (placement.score > 0.15)
            fail_msg("row %zu: score %.2f, want at most 0.15", i, placement.score);
    }
}

static void a_zone_is_cut_out_upright_and_found_again_on_the_scan(void **state)
{
    (void)state;
    struct err err = {0};
    SCOPED(form_model_free) struct form_model model = learned(FORM, "sick_note");
    for (int turn = 0; turn < 360; turn += 90) {
        SCOPED(layout_free) struct layout layout = {0};
        SCOPED(cut_free) struct cut cut = {0};
        struct drawn drawn = {.seed = FORM, .dpi = 200, .turn = turn, .skew = 2};
        struct placement placement = placed(&model, &drawn, &layout);
        struct point_mm a = placement_map(&placement, (struct point_mm){60, 100});
        struct point_mm b = placement_map(&placement, (struct point_mm){130, 106});
        PIX *page = drawn_page(&drawn);
        struct cut_params params = {.page = page,
                                    .layout = &layout,
                                    .flipped = placement.flipped,
                                    .zone = {a.x, a.y, b.x - a.x, b.y - a.y},
                                    .margin = 2};
        check_ok(cut_out(&params, &cut, &err), &err);
        if (abs(cut.zone.width - 551) > 8 || abs(cut.zone.height - 47) > 6)
            fail_msg("turn %d: zone %d x %d pixels, want 551 x 47", turn, cut.zone.width,
                     cut.zone.height);
        struct box box = cut_box_on_page(&cut, cut.zone);
        double across = turn % 180 == 0 ? box.width : box.height;
        assert_true(fabs(across - 551) < 25);
        pixDestroy(&page);
    }
}

static void filled_samples_teach_the_form_without_a_blank(void **state)
{
    (void)state;
    struct err err = {0};
    PIX *pixs[4];
    const struct Pix *pages[4];
    for (uint32_t i = 0; i < 4; i++)
        pages[i] = pixs[i] = drawn_page(&(struct drawn){
            .seed = THIRD_FORM, .dpi = 200, .writing = 40, .hand = 50 + i, .skew = (double)i - 1});
    SCOPED(form_model_free) struct form_model model = {0};
    struct learn_params params = {.type = "protocole_de_soins", .pages = pages, .page_count = 4};
    check_ok(learn_form(&params, &model, &err), &err);
    assert_int_equal(model.tag, TAG_OTHER);
    assert_string_equal(model.name, "protocole_de_soins-r1");
    SCOPED(layout_free) struct layout layout = {0};
    struct drawn fresh = {.seed = THIRD_FORM, .dpi = 300, .writing = 40, .hand = 77, .turn = 180};
    struct placement placement = placed(&model, &fresh, &layout);
    assert_true(placement.score > 0.45 && placement.flipped);
    for (int i = 0; i < 4; i++)
        pixDestroy(&pixs[i]);
}

static void what_cannot_be_learned_is_refused(void **state)
{
    (void)state;
    struct err err = {0};
    struct form_model model;
    PIX *form = drawn_page(&(struct drawn){.seed = FORM, .dpi = 150});
    PIX *other = drawn_page(&(struct drawn){.seed = OTHER_FORM, .dpi = 150});
    PIX *empty = drawn_page(&(struct drawn){.dpi = 150});
    const struct Pix *mixed[] = {form, other}, *nothing[] = {empty};
    struct learn_params params = {.type = "Sick Note", .pages = mixed, .page_count = 2};
    check_refused(learn_form(&params, &model, &err), ERR_CONFIG, &err);
    params.type = "sick_note";
    check_refused(learn_form(&params, &model, &err), ERR_FORMAT, &err);
    params.pages = nothing;
    params.page_count = 1;
    check_refused(learn_form(&params, &model, &err), ERR_FORMAT, &err);
    params.page_count = 0;
    check_refused(learn_form(&params, &model, &err), ERR_CONFIG, &err);
    pixDestroy(&form);
    pixDestroy(&other);
    pixDestroy(&empty);
}

static void a_model_survives_its_file(void **state)
{
    (void)state;
    struct err err = {0};
    SCOPED(form_model_free) struct form_model model = learned(FORM, "care_form");
    SCOPED(form_model_free) struct form_model back = {0};
    SCOPED(buf_free) struct buf text = {0};
    SCOPED(buf_free) struct buf again = {0};
    check_ok(form_model_write(&model, &text, &err), &err);
    check_ok(form_model_read(buf_view(&text), &back, &err), &err);
    check_ok(form_model_write(&back, &again, &err), &err);
    assert_true(bytes_equal(buf_view(&text), buf_view(&again)));
    assert_string_equal(model.id, back.id);
    assert_string_equal(back.name, "care_form-12345-06-v1-r1");
    assert_int_equal(back.tag, TAG_CARE_FORM);
    assert_int_equal(form_model_zone(&back, FIELD_NIR)->cells, 15);
    assert_null(form_model_zone(&back, FIELD_DATE));
}

/* What is changed in the file's text, and the error that it must give. */
static const struct {
    const char *from, *to;
    int want;
} damage_rows[] = {
    {"\"format\":1", "\"format\":2", ERR_UNSUPPORTED},
    {"\"type\":\"care_form\"", "\"type\":\"care form\"", ERR_FORMAT},
    {"\"cerfa\":\"12345*06\"", "\"cerfa\":\"12345-06\"", ERR_FORMAT},
    {"\"revision\":1", "\"revision\":0", ERR_FORMAT},
    {"\"revision\":1", "\"revision\":2", ERR_INTEGRITY},
    {"\"samples\":1", "\"samples\":1,\"more\":1", ERR_FORMAT},
    {"[\"bar\"", "[\"barn\"", ERR_FORMAT},
    {"[\"bar\",", "[\"bar\",-999999,", ERR_FORMAT},
    {"\"field\":\"nir\"", "\"field\":\"name\"", ERR_FORMAT},
    {"\"cells\":15", "\"cells\":16", ERR_INTEGRITY},
    {"\"retired\":false", "\"retired\":0", ERR_FORMAT},
    {"{", "", ERR_FORMAT},
};

static void a_damaged_model_is_refused(void **state)
{
    (void)state;
    struct err err = {0};
    SCOPED(form_model_free) struct form_model model = learned(FORM, "care_form");
    SCOPED(buf_free) struct buf text = {0};
    check_ok(form_model_write(&model, &text, &err), &err);
    check_ok(buf_append(&text, bytes_of("", 1)), &err);
    for (size_t i = 0; i < sizeof damage_rows / sizeof *damage_rows; i++) {
        const char *at = strstr((const char *)text.at, damage_rows[i].from);
        assert_non_null(at);
        SCOPED(buf_free) struct buf bad = {0};
        size_t before = (size_t)(at - (const char *)text.at);
        size_t after = before + strlen(damage_rows[i].from);
        buf_append(&bad, bytes_of(text.at, before));
        buf_append(&bad, bytes_of(damage_rows[i].to, strlen(damage_rows[i].to)));
        buf_append(&bad, bytes_of(text.at + after, text.len - 1 - after));
        struct form_model back;
        check_refused(form_model_read(buf_view(&bad), &back, &err), damage_rows[i].want, &err);
    }
}

static void revisions_are_added_retired_and_rolled_back(void **state)
{
    (void)state;
    struct err err = {0};
    char folder[] = "/tmp/tripli-models-XXXXXX", name[MODEL_NAME_SIZE];
    assert_non_null(mkdtemp(folder));
    SCOPED(form_model_free) struct form_model model = learned(FORM, "care_form");
    check_ok(models_add(folder, &model, &err), &err);
    check_refused(models_add(folder, &model, &err), ERR_CONFLICT, &err);
    check_refused(models_roll_back(folder, model.name, name, &err), ERR_NOT_FOUND, &err);
    SCOPED(models_free) struct models models = {0};
    check_ok(models_load(folder, &models, &err), &err);
    model.revision = models_next_revision(&models, &model);
    assert_int_equal(model.revision, 2);
    check_ok(form_model_seal(&model, &err), &err);
    check_ok(models_add(folder, &model, &err), &err);
    models_free(&models);
    check_ok(models_load(folder, &models, &err), &err);
    assert_int_equal(models.count, 2);
    assert_true(!models_in_use(&models, 0) && models_in_use(&models, 1));
    check_ok(models_roll_back(folder, "care_form-12345-06-v1-r1", name, &err), &err);
    assert_string_equal(name, "care_form-12345-06-v1-r1");
    models_free(&models);
    check_ok(models_load(folder, &models, &err), &err);
    assert_true(models_in_use(&models, 0) && !models_in_use(&models, 1));
    SCOPED(scope_free) char *text = models_explain(&models.at[1]);
    assert_non_null(strstr(text, "retired"));
    check_ok(models_retire(folder, model.name, false, &err), &err);
    check_refused(models_retire(folder, "nothing", true, &err), ERR_NOT_FOUND, &err);
    check_ok(file_remove_tree(folder, &err), &err);
}

/* Two volets that differ in one block. */
static void the_volet_is_told_by_its_own_print(void **state)
{
    (void)state;
    struct err err = {0};
    struct form_model pair[2] = {learned(FORM, "sick_note"), learned(FORM, "sick_note")};
    snprintf(pair[1].volet, sizeof pair[1].volet, "2");
    for (int v = 0; v < 2; v++) { /* each loses a block of its own */
        size_t kept = 0;
        for (size_t i = 0; i < pair[v].print.count; i++) {
            float y = pair[v].boxes[i].y;
            if (v == 0 ? y < 200 || y > 235 : y < 120 || y > 155)
                pair[v].boxes[kept++] = pair[v].boxes[i];
        }
        pair[v].print.count = kept;
        check_ok(form_model_seal(&pair[v], &err), &err);
    }
    PIX *page = drawn_page(&(struct drawn){.seed = FORM, .dpi = 200});
    for (int v = 0; v < 2; v++) {
        PIX *scan = pixCopy(NULL, page);
        double ppm = 200 / 25.4;
        BOX *gone = boxCreate(0, (l_int32)((v == 0 ? 198 : 118) * ppm), pixGetWidth(scan),
                              (l_int32)(39 * ppm));
        pixSetInRect(scan, gone);
        boxDestroy(&gone);
        SCOPED(layout_free) struct layout layout = {0};
        struct form_match match;
        check_ok(layout_read(&(struct layout_params){scan, -1}, &layout, &err), &err);
        check_ok(forms_match(&(struct models){pair, 2}, &layout, &match, &err), &err);
        assert_non_null(match.model);
        assert_string_equal(match.model->volet, v == 0 ? "1" : "2");
        assert_true(match.volet_is_sure);
        pixDestroy(&scan);
    }
    pixDestroy(&page);
    form_model_free(&pair[0]);
    form_model_free(&pair[1]);
}

int main(void)
{
    setMsgSeverity(L_SEVERITY_NONE);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_form_is_found_however_the_page_lies),
        cmocka_unit_test(other_forms_and_scribble_are_refused),
        cmocka_unit_test(a_zone_is_cut_out_upright_and_found_again_on_the_scan),
        cmocka_unit_test(filled_samples_teach_the_form_without_a_blank),
        cmocka_unit_test(what_cannot_be_learned_is_refused),
        cmocka_unit_test(a_model_survives_its_file),
        cmocka_unit_test(a_damaged_model_is_refused),
        cmocka_unit_test(revisions_are_added_retired_and_rolled_back),
        cmocka_unit_test(the_volet_is_told_by_its_own_print),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
