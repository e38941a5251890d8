/*
 * PDF to page files: see pdf_pages.h. pdfinfo says how many pages of which size, pdfimages -list
 * which images they have; tripli-page-match says whether a page's image looks as the page does, and
 * gives it the page's resolution. What the tools say comes from the file's author: it is checked,
 * and limits hold whatever it is.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "workers/pdf_pages.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/scope.h"
#include "image/header.h"
#include "wire/message.h"
#include "workers/sealed_tool.h"

enum { PATH_BYTES = 1200, LINE_BYTES = 256, TAIL_BYTES = 1024, MATCH_DPI = 100 };

struct page {
    double width_pt, height_pt;
    unsigned images;       /* of any kind */
    unsigned x_ppi, y_ppi; /* of the last one */
    double pixels_most;
};

struct pdf {
    const char *path, *folder, *bin;
    unsigned count;
    struct page *pages;
    uint64_t taken_bytes;
};

int pdf_is_one(const char *path)
{
    char head[5] = "";
    SCOPED(scope_close) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    return fd >= 0 && read(fd, head, sizeof head) == sizeof head && memcmp(head, "%PDF-", 5) == 0;
}

void pdf_page_name(unsigned page, char ret_name[PDF_PAGE_NAME_SIZE])
{
    snprintf(ret_name, PDF_PAGE_NAME_SIZE, "%04u", page % 10000);
}

/* Poppler makes what it can of a file whose end is missing; we do not send half a scan. */
static int check_ends(const char *path, struct err *err)
{
    char tail[TAIL_BYTES];
    struct stat stat;
    SCOPED(scope_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &stat) < 0)
        return err_errno(err, errno, "PDF");
    if (stat.st_size > PDF_FILE_BYTES)
        return err_set(err, ERR_LIMIT, "a PDF of %lld bytes, at most %d", (long long)stat.st_size,
                       PDF_FILE_BYTES);
    off_t at = stat.st_size > TAIL_BYTES ? stat.st_size - TAIL_BYTES : 0;
    ssize_t got = pread(fd, tail, sizeof tail, at);
    if (got <= 0 || !memmem(tail, (size_t)got, "%%EOF", 5))
        return err_set(err, ERR_FORMAT, "a PDF whose end is missing");
    return 0;
}

/* One of poppler's tools, or ours; its exit status. */
static int run(const struct pdf *pdf, const char *const *arguments, struct buf *ret_said,
               struct err *err)
{
    const struct sealed_tool tool = {.arguments = arguments,
                                     .bin = pdf->bin,
                                     .file = pdf->path,
                                     .folder = pdf->folder,
                                     .wait_ms = SEALED_TOOL_WAIT_MS};
    return sealed_tool_run(&tool, ret_said, err);
}

/* Copies the next line of `rest`; false at the end. */
static bool take_line(struct bytes *rest, char ret_line[LINE_BYTES])
{
    if (rest->len == 0)
        return false;
    const uint8_t *end = memchr(rest->at, '\n', rest->len);
    size_t len = end ? (size_t)(end - rest->at) : rest->len;
    snprintf(ret_line, LINE_BYTES, "%.*s", (int)(len < LINE_BYTES ? len : LINE_BYTES - 1),
             (const char *)rest->at);
    len += end != NULL;
    *rest = bytes_of(rest->at + len, rest->len - len);
    return true;
}

/* ---- what it says of itself ---- */

static int read_count(struct pdf *pdf, struct bytes said, struct err *err)
{
    char line[LINE_BYTES];
    unsigned count = 0;
    while (take_line(&said, line)) /* the last one: a title may look like one */
        sscanf(line, "Pages: %u", &count);
    if (count == 0)
        return err_set(err, ERR_FORMAT, "a PDF without pages, or damaged");
    if (count > PDF_PAGES_MAX)
        return err_set(err, ERR_LIMIT, "a PDF of %u pages, at most %d", count, PDF_PAGES_MAX);
    pdf->count = count;
    pdf->pages = calloc(count, sizeof *pdf->pages);
    return pdf->pages ? 0 : err_set(err, ERR_MEMORY, "no memory for %u pages", count);
}

static int read_sizes(struct pdf *pdf, struct bytes said, struct err *err)
{
    char line[LINE_BYTES];
    unsigned number;
    double width, height;
    while (take_line(&said, line))
        if (sscanf(line, "Page %u size: %lf x %lf", &number, &width, &height) == 3 && number >= 1 &&
            number <= pdf->count) {
            pdf->pages[number - 1].width_pt = width;
            pdf->pages[number - 1].height_pt = height;
        }
    for (unsigned i = 0; i < pdf->count; i++)
        if (!(pdf->pages[i].width_pt > 0) || !(pdf->pages[i].height_pt > 0))
            return err_set(err, ERR_FORMAT, "page %u has no size", i + 1);
    return 0;
}

static int learn_pages(struct pdf *pdf, struct err *err)
{
    char last[16];
    snprintf(last, sizeof last, "%d", PDF_PAGES_MAX);
    const char *const arguments[] = {"/usr/bin/pdfinfo", "-f", "1", "-l", last, pdf->path, NULL};
    SCOPED(buf_free) struct buf said = {0};
    int rc = run(pdf, arguments, &said, err);
    if (rc < 0)
        return rc;
    if (rc != 0 && memmem(said.at, said.len, "Incorrect password", 18))
        return err_set(err, ERR_DENIED, "a PDF that wants a password; take it off");
    if (rc != 0)
        return err_set(err, ERR_FORMAT, "a damaged PDF");
    rc = read_count(pdf, buf_view(&said), err);
    return rc < 0 ? rc : read_sizes(pdf, buf_view(&said), err);
}

/* page num type width height color comp bpc enc interp object ID x-ppi y-ppi size ratio */
static void read_image(struct pdf *pdf, const char *line)
{
    unsigned number, width, height, x_ppi = 0, y_ppi = 0;
    if (sscanf(line, "%u %*u %*15s %u %u", &number, &width, &height) != 3 || number < 1 ||
        number > pdf->count)
        return;
    struct page *page = &pdf->pages[number - 1];
    if (sscanf(line, "%*u %*u %*s %*u %*u %*s %*u %*u %*s %*s %*u %*u %u %u", &x_ppi, &y_ppi) < 2)
        x_ppi = y_ppi = 0; /* an inline image: the page is drawn */
    page->images++;
    page->x_ppi = x_ppi;
    page->y_ppi = y_ppi;
    page->pixels_most = fmax(page->pixels_most, (double)width * height);
}

static int learn_images(struct pdf *pdf, struct err *err)
{
    const char *const arguments[] = {"/usr/bin/pdfimages", "-list", pdf->path, NULL};
    SCOPED(buf_free) struct buf said = {0};
    char line[LINE_BYTES];
    int rc = run(pdf, arguments, &said, err);
    if (rc != 0)
        return rc < 0 ? rc : err_set(err, ERR_FORMAT, "a damaged PDF");
    struct bytes rest = buf_view(&said);
    while (take_line(&rest, line))
        read_image(pdf, line);
    return 0;
}

/* Before any pixel is made. */
static int check_pixels(const struct page *page, unsigned number, struct err *err)
{
    const double drawn = PDF_DRAWN_DPI / 72.0 * PDF_DRAWN_DPI / 72.0 * 4;
    double bytes = page->width_pt * page->height_pt * drawn;
    double side = fmax(page->width_pt, page->height_pt) * PDF_DRAWN_DPI / 72.0;
    if (page->pixels_most > IMAGE_DECODED_LIMIT_BYTES)
        return err_set(err, ERR_LIMIT, "page %u: an image of %.0f million pixels, at most %d",
                       number, page->pixels_most / 1e6, IMAGE_DECODED_LIMIT_BYTES / 1000000);
    if (bytes > IMAGE_DECODED_LIMIT_BYTES || side > IMAGE_SIDE_LIMIT_PIXELS)
        return err_set(err, ERR_LIMIT,
                       "page %u: %.0f x %.0f mm make %.0f MB at %d dpi, at most %d MB", number,
                       page->width_pt * 25.4 / 72, page->height_pt * 25.4 / 72, bytes / 1e6,
                       PDF_DRAWN_DPI, IMAGE_DECODED_LIMIT_BYTES / 1000000);
    return 0;
}

/* ---- one page ---- */

/* Draws the page into the file `name`.png. */
static int draw(const struct pdf *pdf, unsigned number, unsigned dpi, const char *name,
                struct err *err)
{
    char page[16], resolution[16];
    SCOPED(buf_free) struct buf said = {0};
    snprintf(page, sizeof page, "%u", number);
    snprintf(resolution, sizeof resolution, "%u", dpi);
    const char *const arguments[] = {
        "/usr/bin/pdftoppm", "-q",          "-f",   page,      "-l", page, "-r",
        resolution,          "-singlefile", "-png", pdf->path, name, NULL};
    int rc = run(pdf, arguments, &said, err);
    return rc <= 0 ? rc : err_set(err, ERR_FORMAT, "page %u cannot be drawn", number);
}

static bool is_in(const struct pdf *pdf, const char *name)
{
    char path[PATH_BYTES];
    snprintf(path, sizeof path, "%s/%s", pdf->folder, name);
    return access(path, F_OK) == 0;
}

static void drop(const struct pdf *pdf, const char *name)
{
    char path[PATH_BYTES];
    snprintf(path, sizeof path, "%s/%s", pdf->folder, name);
    unlink(path);
}

/* 1 when the page is its one image and that lies in the file `to`, 0 when it has to be drawn. */
static int take_image(const struct pdf *pdf, unsigned number, const char *to, struct err *err)
{
    const struct page *of = &pdf->pages[number - 1];
    char page[16], x_ppi[16], y_ppi[16];
    SCOPED(buf_free) struct buf said = {0};
    if (of->images != 1 || of->x_ppi == 0 || of->y_ppi == 0)
        return 0;
    snprintf(page, sizeof page, "%u", number);
    snprintf(x_ppi, sizeof x_ppi, "%u", of->x_ppi);
    snprintf(y_ppi, sizeof y_ppi, "%u", of->y_ppi);
    const char *const take[] = {
        "/usr/bin/pdfimages", "-q", "-f", page, "-l", page, "-j", "-png", pdf->path, "image", NULL};
    int rc = run(pdf, take, &said, err);
    if (rc == 0)
        rc = draw(pdf, number, MATCH_DPI, "drawn", err);
    if (rc != 0)
        return rc < 0 ? rc : 0;
    char program[PATH_BYTES];
    snprintf(program, sizeof program, "%s/tripli-page-match", pdf->bin);
    const char *const match[] = {
        program, "drawn.png", is_in(pdf, "image-000.jpg") ? "image-000.jpg" : "image-000.png",
        x_ppi,   y_ppi,       to,
        NULL};
    rc = run(pdf, match, &said, err);
    return rc < 0 ? rc : rc == 0;
}

static int check_taken(struct pdf *pdf, unsigned number, const char *name, struct err *err)
{
    char path[PATH_BYTES];
    struct image_header header;
    struct err why = {0};
    SCOPED(buf_free) struct buf file = {0};
    snprintf(path, sizeof path, "%s/%s", pdf->folder, name);
    int rc = file_read(path, WIRE_PAYLOAD_LIMIT_BYTES, &file, &why);
    if (rc == 0)
        rc = image_header_read(buf_view(&file), 1, &header, &why);
    if (rc == ERR_LIMIT)
        return err_set(err, rc, "page %u: as an image over %d MB", number,
                       WIRE_PAYLOAD_LIMIT_BYTES >> 20);
    if (rc < 0)
        return err_set(err, ERR_FORMAT, "page %u cannot be drawn", number);
    pdf->taken_bytes += file.len;
    if (pdf->taken_bytes > PDF_TAKEN_BYTES)
        return err_set(err, ERR_LIMIT, "page %u: its pages have more than %d bytes as images",
                       number, PDF_TAKEN_BYTES);
    return 0;
}

static int take_page(struct pdf *pdf, unsigned number, struct err *err)
{
    char name[PDF_PAGE_NAME_SIZE], from[PATH_BYTES], to[PATH_BYTES];
    pdf_page_name(number, name);
    int rc = check_pixels(&pdf->pages[number - 1], number, err);
    if (rc == 0)
        rc = take_image(pdf, number, name, err);
    if (rc == 0) {
        rc = draw(pdf, number, PDF_DRAWN_DPI, "page", err);
        snprintf(from, sizeof from, "%s/page.png", pdf->folder);
        snprintf(to, sizeof to, "%s/%s", pdf->folder, name);
        if (rc == 0 && rename(from, to) < 0)
            rc = err_set(err, ERR_FORMAT, "page %u cannot be drawn", number);
    }
    drop(pdf, "drawn.png");
    drop(pdf, "image-000.jpg");
    drop(pdf, "image-000.png");
    return rc < 0 ? rc : check_taken(pdf, number, name, err);
}

int pdf_pages_take(const char *path, const char *folder, const char *bin, struct err *err)
{
    SCOPED(scope_free) char *absolute = realpath(path, NULL);
    struct pdf pdf = {.path = absolute, .folder = folder, .bin = bin};
    if (!absolute)
        return err_errno(err, errno, "%s", path);
    int rc = check_ends(absolute, err);
    if (rc == 0)
        rc = learn_pages(&pdf, err);
    if (rc == 0)
        rc = learn_images(&pdf, err);
    for (unsigned page = 1; rc == 0 && page <= pdf.count; page++)
        rc = take_page(&pdf, page, err);
    free(pdf.pages);
    return rc < 0 ? rc : (int)pdf.count;
}
