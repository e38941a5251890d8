/*
 * Pages out of PDFs, by poppler's tools in sealed processes: drawn PDFs of every kind that a
 * scanner or an office makes, and those that mean harm.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <cairo-pdf.h>
#include <leptonica/allheaders.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/scope.h"
#include "image/decode.h"
#include "image/encode.h"
#include "image/header.h"
#include "tests/check.h"
#include "workers/pdf_pages.h"
#include "workers/place.h"
#include "workers/sealed_tool.h"

enum { DPI = 200, WIDTH = 1654, HEIGHT = 2339, PATH_BYTES = 300 }; /* A4 */

static char room[] = "/tmp/tripli-test-pdf-XXXXXX";
static char bin[PLACE_SIZE];

static const char *at(const char *name)
{
    static char paths[4][PATH_BYTES];
    static int turn;
    char *path = paths[turn++ % 4];
    snprintf(path, PATH_BYTES, "%s/%s", room, name);
    return path;
}

/* Rows of strokes, as text looks from afar. */
static PIX *drawn_scan(int depth)
{
    PIX *page = pixCreate(WIDTH, HEIGHT, depth);
    if (depth == 8)
        pixSetAll(page);
    for (int row = 0; row < 40; row++)
        for (int word = 0; word < 12; word++) {
            BOX *box = boxCreate(150 + 110 * word, 150 + 50 * row, 40 + (row * word) % 60, 22);
            (depth == 1 ? pixSetInRect : pixClearInRect)(page, box);
            boxDestroy(&box);
        }
    pixSetResolution(page, DPI, DPI);
    return page;
}

static void jpeg_scan(struct buf *ret_jpeg)
{
    PIX *page = drawn_scan(8);
    l_uint8 *bytes = NULL;
    size_t len = 0;
    assert_int_equal(pixWriteMemJpeg(&bytes, &len, page, 75, 0), 0);
    assert_int_equal(buf_append(ret_jpeg, bytes_of(bytes, len)), 0);
    lept_free(bytes);
    pixDestroy(&page);
}

/* ---- PDFs ---- */

struct pdf {
    cairo_surface_t *surface;
    cairo_t *cairo;
};

static struct pdf pdf_begin(const char *name)
{
    struct pdf pdf = {
        .surface = cairo_pdf_surface_create(at(name), WIDTH * 72.0 / DPI, HEIGHT * 72.0 / DPI)};
    pdf.cairo = cairo_create(pdf.surface);
    return pdf;
}

static void pdf_end(struct pdf *pdf)
{
    cairo_destroy(pdf->cairo);
    cairo_surface_finish(pdf->surface);
    assert_int_equal(cairo_surface_status(pdf->surface), CAIRO_STATUS_SUCCESS);
    cairo_surface_destroy(pdf->surface);
}

static void paint(struct pdf *pdf, cairo_surface_t *image)
{
    cairo_save(pdf->cairo);
    cairo_scale(pdf->cairo, 72.0 / DPI, 72.0 / DPI);
    cairo_set_source_surface(pdf->cairo, image, 0, 0);
    cairo_paint(pdf->cairo);
    cairo_restore(pdf->cairo);
}

static void paint_jpeg(struct pdf *pdf, struct bytes jpeg)
{
    cairo_surface_t *image = cairo_image_surface_create(CAIRO_FORMAT_RGB24, WIDTH, HEIGHT);
    assert_int_equal(
        cairo_surface_set_mime_data(image, CAIRO_MIME_TYPE_JPEG, jpeg.at, jpeg.len, NULL, NULL),
        CAIRO_STATUS_SUCCESS);
    paint(pdf, image);
    cairo_surface_destroy(image);
}

/* A bilevel scan: cairo keeps one bit a pixel of a surface that is black and white only. */
static void paint_bilevel(struct pdf *pdf)
{
    PIX *scan = drawn_scan(1);
    cairo_surface_t *image = cairo_image_surface_create(CAIRO_FORMAT_RGB24, WIDTH, HEIGHT);
    uint8_t *rows = cairo_image_surface_get_data(image);
    int stride = cairo_image_surface_get_stride(image);
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++) {
            l_uint32 bit;
            pixGetPixel(scan, x, y, &bit);
            memset(rows + y * stride + 4 * x, bit ? 0 : 255, 4);
        }
    cairo_surface_mark_dirty(image);
    paint(pdf, image);
    cairo_surface_destroy(image);
    pixDestroy(&scan);
}

static void write_words(struct pdf *pdf)
{
    cairo_set_source_rgb(pdf->cairo, 0, 0, 0);
    cairo_set_font_size(pdf->cairo, 14);
    cairo_move_to(pdf->cairo, 350, 40);
    cairo_show_text(pdf->cairo, "re\xc3\xa7u le 20 novembre");
    cairo_stroke(pdf->cairo);
}

/* ---- taking them apart ---- */

static int take(const char *name, struct err *err)
{
    struct err ignored;
    const char *folder = at("pages");
    file_remove_tree(folder, &ignored);
    assert_int_equal(mkdir(folder, 0700), 0);
    return pdf_pages_take(at(name), folder, bin, err);
}

static void read_taken(unsigned page, struct buf *ret_file, struct image_header *ret_header)
{
    char name[PDF_PAGE_NAME_SIZE], path[PATH_BYTES];
    struct err err = {0};
    pdf_page_name(page, name);
    snprintf(path, sizeof path, "%s/%s", at("pages"), name);
    check_ok(file_read(path, IMAGE_FILE_LIMIT_BYTES, ret_file, &err), &err);
    check_ok(image_header_read(buf_view(ret_file), 1, ret_header, &err), &err);
}

static void a_scan_comes_out_without_loss(void **state)
{
    (void)state;
    SCOPED(buf_free) struct buf jpeg = {0}, taken = {0}, bilevel = {0};
    struct image_header header;
    struct err err = {0};
    jpeg_scan(&jpeg);
    struct pdf pdf = pdf_begin("scan.pdf");
    paint_jpeg(&pdf, buf_view(&jpeg));
    cairo_show_page(pdf.cairo);
    paint_bilevel(&pdf);
    cairo_show_page(pdf.cairo);
    pdf_end(&pdf);
    int pages = take("scan.pdf", &err);
    check_ok(pages, &err);
    assert_int_equal(pages, 2);

    read_taken(1, &taken, &header);
    assert_int_equal(header.format, IMAGE_JPEG);
    assert_int_equal(taken.len, jpeg.len);
    assert_memory_equal(taken.at, jpeg.at, jpeg.len);

    read_taken(2, &bilevel, &header);
    assert_int_equal(header.format, IMAGE_PNG);
    assert_int_equal(header.width, WIDTH);
    assert_in_range(header.x_dpi, DPI - 1, DPI + 1);
    PIX *is = NULL, *want = drawn_scan(1);
    l_int32 same = 0;
    check_ok(image_decode(buf_view(&bilevel), &IMAGE_DECODE_DEFAULT, &is, &err), &err);
    PIX *bits = pixGetDepth(is) == 1 ? pixClone(is) : pixConvertTo1(is, 128);
    assert_int_equal(pixEqual(bits, want, &same), 0);
    assert_true(same);
    pixDestroy(&bits);
    pixDestroy(&is);
    pixDestroy(&want);
}

/* What stands over a scan is of the page; taken alone, the scan would lose it. */
static void a_page_with_more_than_its_scan_is_drawn(void **state)
{
    (void)state;
    SCOPED(buf_free) struct buf jpeg = {0};
    struct image_header header;
    struct err err = {0};
    jpeg_scan(&jpeg);
    struct pdf pdf = pdf_begin("more.pdf");
    paint_jpeg(&pdf, buf_view(&jpeg));
    write_words(&pdf);
    cairo_show_page(pdf.cairo);
    write_words(&pdf); /* a page of text alone */
    cairo_show_page(pdf.cairo);
    paint_jpeg(&pdf, buf_view(&jpeg)); /* a stroke of a pen */
    cairo_set_line_width(pdf.cairo, 1.5);
    cairo_move_to(pdf.cairo, 60, 800);
    cairo_curve_to(pdf.cairo, 120, 700, 160, 830, 260, 790);
    cairo_stroke(pdf.cairo);
    cairo_show_page(pdf.cairo);
    pdf_end(&pdf);
    int pages = take("more.pdf", &err);
    check_ok(pages, &err);
    assert_int_equal(pages, 3);
    for (unsigned page = 1; page <= 3; page++) {
        SCOPED(buf_free) struct buf taken = {0};
        read_taken(page, &taken, &header);
        assert_int_equal(header.format, IMAGE_PNG);
        assert_in_range(header.width, 2480, 2482); /* A4 at 300 dpi */
        assert_in_range(header.x_dpi, PDF_DRAWN_DPI - 1, PDF_DRAWN_DPI + 1);
    }
}

/* ---- PDFs that cannot be taken ---- */

static void write_pdf(const char *name, const char *page, const char *more)
{
    char text[2000];
    struct err err = {0};
    int len = snprintf(text, sizeof text,
                       "%%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
                       "2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
                       "3 0 obj<</Type/Page/Parent 2 0 R %s>>endobj\n"
                       "trailer<</Root 1 0 R %s>>\nstartxref\n0\n%%%%EOF\n",
                       page, more);
    check_ok(file_write(at(name), 0600, bytes_of(text, (size_t)len), &err), &err);
}

static void check_not_taken(const char *name, int want, const char *text)
{
    struct err err = {0};
    check_refused(take(name, &err), want, &err);
    if (!strstr(err.text, text))
        fail_msg("%s: got '%s', want '%s'", name, err.text, text);
}

static void a_pdf_over_a_limit_is_refused_with_it(void **state)
{
    (void)state;
    write_pdf("wall.pdf", "/MediaBox[0 0 14400 14400]", "");
    check_not_taken("wall.pdf", ERR_LIMIT, "page 1: 5080 x 5080 mm");
    write_pdf("bomb.pdf",
              "/MediaBox[0 0 595 842]/Resources<</XObject<</I 4 0 R>>>>/Contents 5 0 R>>endobj\n"
              "4 0 obj<</Type/XObject/Subtype/Image/Width 60000/Height 60000/BitsPerComponent 1"
              "/ColorSpace/DeviceGray/Length 1>>stream\n0\nendstream endobj\n"
              "5 0 obj<</Length 24>>stream\n595 0 0 842 0 0 cm /I Do\nendstream endobj\n6 0 obj<<",
              "");
    check_not_taken("bomb.pdf", ERR_LIMIT, "page 1: an image of 3600 million pixels");
    struct pdf pdf = pdf_begin("long.pdf");
    for (int i = 0; i <= PDF_PAGES_MAX; i++)
        cairo_show_page(pdf.cairo);
    pdf_end(&pdf);
    check_not_taken("long.pdf", ERR_LIMIT, "a PDF of 501 pages, at most 500");
}

static void a_pdf_with_a_password_is_refused(void **state)
{
    (void)state;
    write_pdf("secret.pdf", "/MediaBox[0 0 595 842]",
              "/Encrypt<</Filter/Standard/V 1/R 2/P -4"
              "/O<0000000000000000000000000000000000000000000000000000000000000000>"
              "/U<0000000000000000000000000000000000000000000000000000000000000000>>>"
              "/ID[<00><00>]");
    check_not_taken("secret.pdf", ERR_DENIED, "password");
}

static void a_pdf_cut_anywhere_is_refused(void **state)
{
    (void)state;
    SCOPED(buf_free) struct buf jpeg = {0}, whole = {0};
    struct err err = {0};
    jpeg_scan(&jpeg);
    struct pdf pdf = pdf_begin("whole.pdf");
    paint_jpeg(&pdf, buf_view(&jpeg));
    cairo_show_page(pdf.cairo);
    pdf_end(&pdf);
    check_ok(file_read(at("whole.pdf"), 1 << 24, &whole, &err), &err);
    for (size_t len = 8; len < whole.len; len += whole.len / 8) {
        check_ok(file_write(at("cut.pdf"), 0600, bytes_of(whole.at, len), &err), &err);
        check_not_taken("cut.pdf", ERR_FORMAT, "a PDF whose end is missing");
    }
    check_ok(file_write(at("noise.pdf"), 0600, bytes_of("%PDF-1.4\n%%EOF\n", 15), &err), &err);
    check_not_taken("noise.pdf", ERR_FORMAT, "a damaged PDF");
}

/* ---- the seal ---- */

static int run(const char *const *arguments, struct buf *ret_said, struct err *err)
{
    const struct sealed_tool tool = {
        .arguments = arguments, .file = at("scan.pdf"), .folder = room, .wait_ms = 1000};
    return sealed_tool_run(&tool, ret_said, err);
}

static void a_tool_cannot_leave_its_seal(void **state)
{
    (void)state;
    SCOPED(buf_free) struct buf said = {0};
    struct err err = {0};
    check_refused(run((const char *[]){"/usr/bin/sleep", "20", NULL}, &said, &err), ERR_TIMEOUT,
                  &err);
    check_refused(run((const char *[]){"/usr/bin/yes", NULL}, &said, &err), ERR_LIMIT, &err);
    check_refused(run((const char *[]){"/usr/bin/no-such-tool", NULL}, &said, &err),
                  ERR_UNAVAILABLE, &err);
#ifndef __SANITIZE_ADDRESS__
    assert_true(run((const char *[]){"/usr/bin/mkdir", "below", NULL}, &said, &err) > 0);
    assert_true(run((const char *[]){"/usr/bin/env", "true", NULL}, &said, &err) == 0);
    assert_true(run((const char *[]){"/usr/bin/bash", "-c", "(exit 0)", NULL}, &said, &err) > 0);
    if (syscall(444, NULL, 0, 1) < 1) { /* landlock_create_ruleset */
        print_message("this kernel has no Landlock\n");
        return;
    }
    assert_true(run((const char *[]){"/usr/bin/cat", "/etc/passwd", NULL}, &said, &err) > 0);
    assert_true(run((const char *[]){"/usr/bin/cp", "/usr/bin/true", "/tmp/tripli-out", NULL},
                    &said, &err) > 0);
#endif
}

static int open_room(void **state)
{
    (void)state;
    return mkdtemp(room) && snprintf(bin, sizeof bin, "%s/workers", getenv("TRIPLI_BUILD")) > 0
               ? 0
               : -1;
}

static int close_room(void **state)
{
    struct err err;
    (void)state;
    return file_remove_tree(room, &err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_scan_comes_out_without_loss),
        cmocka_unit_test(a_page_with_more_than_its_scan_is_drawn),
        cmocka_unit_test(a_pdf_over_a_limit_is_refused_with_it),
        cmocka_unit_test(a_pdf_with_a_password_is_refused),
        cmocka_unit_test(a_pdf_cut_anywhere_is_refused),
        cmocka_unit_test(a_tool_cannot_leave_its_seal),
    };
    return cmocka_run_group_tests(tests, open_room, close_room);
}
