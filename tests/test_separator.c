/*
 * Separators: every patch code in every quarter turn, resolution and skew, the precedence table of
 * docs/separators.md row by row, and mail that is none.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "classify/separator.h"

#include <allheaders.h>
#include <math.h>
#include <string.h>
#include <zint.h>

#include "base/scope.h"
#include "classify/barcode.h"
#include "classify/glance.h"
#include "tests/check.h"

/* An A4 sheet of 8-bit grey. */
static PIX *sheet_new(int dpi)
{
    PIX *sheet = pixCreate((int)(210 / 25.4 * dpi), (int)(297 / 25.4 * dpi), 8);
    assert_non_null(sheet);
    pixSetAll(sheet);
    pixSetResolution(sheet, dpi, dpi);
    return sheet;
}

static void fill(PIX *sheet, int dpi, const double mm[4])
{
    double scale = dpi / 25.4;
    int left = (int)lround(mm[0] * scale), top = (int)lround(mm[1] * scale);
    int right = (int)lround((mm[0] + mm[2]) * scale), bottom = (int)lround((mm[1] + mm[3]) * scale);
    BOX *box = boxCreate(left, top, right - left, bottom - top);
    pixSetInRectArbitrary(sheet, box, 30);
    boxDestroy(&box);
}

static void draw_patch(PIX *sheet, int dpi, char code, double top)
{
    double widths[2 * PATCH_BARS - 1], y = top;
    assert_true(separator_patch_bars(code, widths));
    for (int i = 0; i < 2 * PATCH_BARS - 1; y += widths[i++])
        if (i % 2 == 0)
            fill(sheet, dpi, (double[4]){75, y, 60, widths[i]});
}

static void draw_barcode(PIX *sheet, int dpi, int symbology, const char *payload)
{
    struct zint_symbol *symbol = ZBarcode_Create();
    symbol->symbology = symbology;
    symbol->show_hrt = 0;
    assert_true(ZBarcode_Encode_and_Buffer_Vector(symbol, (const unsigned char *)payload,
                                                  (int)strlen(payload), 0) < ZINT_ERROR);
    bool square = symbology == BARCODE_QRCODE || symbology == BARCODE_DATAMATRIX;
    double across = (square ? 30 : 110) / (double)symbol->vector->width;
    double down = (square ? 30 : 22) / (double)symbol->vector->height;
    for (struct zint_vector_rect *bar = symbol->vector->rectangles; bar; bar = bar->next)
        fill(sheet, dpi,
             (double[4]){50 + (double)bar->x * across, 140 + (double)bar->y * down,
                         (double)bar->width * across, (double)bar->height * down});
    ZBarcode_Delete(symbol);
}

static struct separator found_on(const PIX *sheet, double dpi)
{
    struct err err = {0};
    struct separator separator;
    SCOPED(glance_clear) struct glance glance = {0};
    check_ok(glance_make(sheet, &glance, &err), &err);
    check_ok(separator_find(sheet, &glance, dpi, &separator, &err), &err);
    assert_true(separator.reason[0] != '\0');
    return separator;
}

/* The sheet turned counter-clockwise and skewed; the caller's is destroyed. */
static PIX *turned(PIX *sheet, int quarters, double skew_degrees)
{
    PIX *quarter = pixRotateOrth(sheet, (4 - quarters) % 4);
    PIX *skewed = pixRotate(quarter, (float)(-skew_degrees * M_PI / 180), L_ROTATE_AREA_MAP,
                            L_BRING_IN_WHITE, 0, 0);
    pixDestroy(&sheet);
    pixDestroy(&quarter);
    return skewed;
}

static void check_patch(char code, int dpi, int quarters, double skew)
{
    PIX *sheet = sheet_new(dpi);
    draw_patch(sheet, dpi, code, 12);
    sheet = turned(sheet, quarters, skew);
    struct separator found = found_on(sheet, quarters % 2 ? 72 : dpi);
    char want[SEPARATOR_CODE_SIZE];
    snprintf(want, sizeof want, "patch-%c", code == 'T' ? 't' : code);
    if (strcmp(found.code, want) != 0 || found.rotation != 90 * quarters)
        fail_msg("patch %c, %d dpi, turned %d, skewed %.0f: got '%s' turned %d", code, dpi,
                 90 * quarters, skew, found.code, found.rotation);
    pixDestroy(&sheet);
}

static void every_patch_code_is_read_in_every_turn_and_resolution(void **state)
{
    (void)state;
    static const int dpis[] = {150, 200, 300, 400};
    for (const char *code = "12346T"; *code; code++)
        for (int quarters = 0; quarters < 4; quarters++)
            for (size_t i = 0; i < sizeof dpis / sizeof *dpis; i++)
                check_patch(*code, dpis[i], quarters, 0);
}

static void a_patch_code_is_read_on_a_skewed_sheet(void **state)
{
    (void)state;
    static const double skews[] = {-10, -5, -2, 2, 5, 10};
    for (const char *code = "12346T"; *code; code++)
        for (size_t i = 0; i < sizeof skews / sizeof *skews; i++)
            check_patch(*code, 200, (int)i % 4, skews[i]);
}

/* A row of the table: marks, and what they make of the page. '\0' and NULL: no such mark. */
struct row {
    char patch;
    const char *barcode;
    int symbology;
    const char *field;
};

static void check_row(const struct row *row)
{
    PIX *sheet = sheet_new(200);
    char field[FIELD_VALUE_SIZE];
    if (row->patch)
        draw_patch(sheet, 200, row->patch, 10);
    if (row->barcode)
        draw_barcode(sheet, 200, row->symbology, row->barcode);
    struct separator found = found_on(sheet, 200);
    assert_int_equal(separator_field(&found, field), row->field[0] != '\0');
    if (strcmp(field, row->field) != 0)
        fail_msg("patch %c, barcode '%s': got '%s', want '%s'", row->patch ? row->patch : '-',
                 row->barcode ? row->barcode : "", field, row->field);
    pixDestroy(&sheet);
}

static void check_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        check_row(&rows[i]);
}
#define CHECK_ROWS(rows) check_rows(rows, sizeof(rows) / sizeof *(rows))

static void row_1_tripli_batch_sheet_wins_over_all(void **state)
{
    (void)state;
    static const struct row rows[] = {{'\0', "TRIPLI:B:061", BARCODE_CODE128, "batch:tripli-b:061"},
                                      {'2', "TRIPLI:B:041", BARCODE_CODE128, "batch:tripli-b:041"},
                                      {'T', "TRIPLI:B:061", BARCODE_QRCODE, "batch:tripli-b:061"}};
    CHECK_ROWS(rows);
}

static void row_2_tripli_envelope_sheet_wins_over_patches(void **state)
{
    (void)state;
    static const struct row rows[] = {{'\0', "TRIPLI:E", BARCODE_CODE128, "envelope:tripli-e"},
                                      {'1', "TRIPLI:E", BARCODE_CODE128, "envelope:tripli-e"}};
    CHECK_ROWS(rows);
}

static void row_3_patches_1_and_6_bound_batches(void **state)
{
    (void)state;
    static const struct row rows[] = {{'1', NULL, 0, "batch:patch-1"},
                                      {'6', "ASN00123", BARCODE_CODE39, "batch:patch-6"}};
    CHECK_ROWS(rows);
}

static void row_4_patches_2_3_4_and_t_bound_envelopes(void **state)
{
    (void)state;
    static const struct row rows[] = {{'2', NULL, 0, "envelope:patch-2"},
                                      {'3', NULL, 0, "envelope:patch-3"},
                                      {'4', NULL, 0, "envelope:patch-4"},
                                      {'T', "PATCH1", BARCODE_CODE39, "envelope:patch-t"}};
    CHECK_ROWS(rows);
}

static void row_5_a_barcode_may_name_the_patch_code(void **state)
{
    (void)state;
    static const struct row rows[] = {{'\0', "PATCHT", BARCODE_CODE39, "envelope:patch-t"},
                                      {'\0', "PATCH1", BARCODE_CODE128, "batch:patch-1"}};
    CHECK_ROWS(rows);
}

static void row_6_other_barcodes_make_no_separator(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {'\0', "ASN00123", BARCODE_CODE39, ""},     {'\0', "TRIPLI:B:61", BARCODE_CODE128, ""},
        {'\0', "TRIPLI:X", BARCODE_CODE128, ""},    {'\0', "TRIPLI:E2", BARCODE_CODE128, ""},
        {'\0', "TRIPLI:E", BARCODE_DATAMATRIX, ""}, /* no decoder for it: docs/separators.md */
        {'\0', "PATCH5", BARCODE_CODE39, ""},       {'\0', "PATCHWORK", BARCODE_CODE39, ""}};
    CHECK_ROWS(rows);
}

static void row_7_a_page_without_marks_is_no_separator(void **state)
{
    (void)state;
    static const struct row rows[] = {{'\0', NULL, 0, ""}};
    CHECK_ROWS(rows);
}

static void payloads_of_our_sheets_are_what_is_read(void **state)
{
    (void)state;
    char payload[SEPARATOR_CODE_SIZE];
    assert_true(separator_payload(NULL, payload));
    assert_string_equal(payload, "TRIPLI:E");
    assert_true(separator_payload("061", payload));
    assert_string_equal(payload, "TRIPLI:B:061");
    assert_false(separator_payload("61", payload));
    assert_false(separator_payload("06a", payload));
    double widths[2 * PATCH_BARS - 1];
    assert_false(separator_patch_bars('5', widths));
}

/* A picture of the corpus as the decoder gives it; NULL where the corpus is absent. */
static PIX *corpus_page(const char *path)
{
    char name[512];
    const char *corpus = getenv("TRIPLI_CORPUS");
    snprintf(name, sizeof name, "%s/%s", corpus ? corpus : "../shared/corpus", path);
    PIX *raw = pixRead(name);
    PIX *grey = raw ? pixConvertTo8(raw, 0) : NULL;
    pixDestroy(&raw);
    return grey;
}

static void sheets_of_the_corpus_are_told_from_its_pages(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"separator/paperless-ngx__patch-code-t-1.png", "envelope:patch-t"},
        {"separator/paperless-ngx__patch-code-t-middle-reverse-2.png", "envelope:patch-t"},
        {"separator/patcht.jpg", "envelope:patch-t"},
        {"separator/word_patcht_p1.jpg", "envelope:patch-t"},
        {"separator/paperless-ngx__patch-code-t-middle-unreadable-2.png", ""},
        {"separator/paperless-ngx__patch-code-t-middle-1.png", ""},
        {"separator/paperless-ngx__barcode-39-asn-123-1.png", ""},
        {"barcode/examples__code-128.png", ""},
        {"filled/letter/filled-dev-000.tif", ""},
        {"filled/care_form/filled-dev-001.jpg", ""},
        {"filled/sick_note/filled-dev-002.tif", ""},
        {"filled/cheque/filled-dev-010.tif", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        PIX *page = corpus_page(rows[i][0]);
        if (!page)
            skip();
        char field[FIELD_VALUE_SIZE];
        struct separator found = found_on(page, 0);
        separator_field(&found, field);
        if (strcmp(field, rows[i][1]) != 0)
            fail_msg("%s: got '%s', want '%s'", rows[i][0], field, rows[i][1]);
        pixDestroy(&page);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_patch_code_is_read_in_every_turn_and_resolution),
        cmocka_unit_test(a_patch_code_is_read_on_a_skewed_sheet),
        cmocka_unit_test(row_1_tripli_batch_sheet_wins_over_all),
        cmocka_unit_test(row_2_tripli_envelope_sheet_wins_over_patches),
        cmocka_unit_test(row_3_patches_1_and_6_bound_batches),
        cmocka_unit_test(row_4_patches_2_3_4_and_t_bound_envelopes),
        cmocka_unit_test(row_5_a_barcode_may_name_the_patch_code),
        cmocka_unit_test(row_6_other_barcodes_make_no_separator),
        cmocka_unit_test(row_7_a_page_without_marks_is_no_separator),
        cmocka_unit_test(payloads_of_our_sheets_are_what_is_read),
        cmocka_unit_test(sheets_of_the_corpus_are_told_from_its_pages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
