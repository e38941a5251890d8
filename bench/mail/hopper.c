/*
 * Files and rows: see hopper.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "bench/mail/hopper.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/scope.h"
#include "image/decode.h"
#include "image/encode.h"

enum { SCANNER_JPEG_QUALITY = 85, LABELS_LIMIT_BYTES = 64 << 20 };

static const char header[] = "path\ttype\trotation\tnir\tmicr\tkey\tdpi\tmode\tnote\tenvelope\t"
                             "sheet\tside\ttenant\tdate\torganisation\twords\ttext\tdefect\t"
                             "print\n";

enum { FILE_SIZE = 64 };

/* Of one side, from the folder. */
struct side_files {
    char image[FILE_SIZE], text[FILE_SIZE], print[FILE_SIZE];
};

struct writer {
    const char *folder;
    FILE *labels;
    struct hopper_tally *tally;
    struct err *err;
};

/* Plain write: sample mail is not worth an fsync per page. */
static int write_whole(struct writer *w, const char *path, struct bytes data)
{
    SCOPED(scope_close) int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0)
        return err_errno(w->err, errno, "%s", path);
    return file_write_all(fd, data, path, w->err);
}

/* An empty text has no file, and no name in the row. */
static int write_text(struct writer *w, struct bytes text, char name[FILE_SIZE])
{
    char path[PATH_MAX];
    if (text.len == 0)
        name[0] = '\0';
    if (text.len == 0)
        return 0;
    snprintf(path, sizeof path, "%s/%s", w->folder, name);
    return write_whole(w, path, text);
}

static int write_texts(struct writer *w, const struct page *page, struct side_files *files)
{
    const char *running = page->text ? page->text : "";
    int rc = write_text(w, bytes_of(running, strlen(running)), files->text);
    return rc == 0 ? write_text(w, buf_view(&page->print), files->print) : rc;
}

static void count_page(struct hopper_tally *tally, const struct page *page, size_t bytes)
{
    tally->bytes += bytes;
    if (page->kind == PAGE_BLANK)
        tally->blank++;
    else if (page->kind == PAGE_SEPARATOR)
        tally->separators++;
    else
        tally->written++;
}

struct side {
    const struct envelope *envelope;
    unsigned sheet;
    char letter; /* 'a' front, 'b' back */
};

static void write_row(struct writer *w, const struct side *side, const struct page *page,
                      const struct scan_look *look, const struct side_files *files)
{
    char date[DAY_TEXT_SIZE];
    fprintf(w->labels, "%s\t%s\t%d\t%s\t%s\t%s\t%d\t%s\t%s\t", files->image, page_type(page),
            look->placement.rotation, page->nir, page->micr, page->key, look->dpi,
            scan_mode_name(look->mode), page->note);
    fprintf(w->labels, "%u\t%u\t%c\t%03d\t%s\t%s\t%u\t%s\t%s\t%s\n", side->envelope->number,
            side->sheet, side->letter, side->envelope->affair.tenant, day_format(page->date, date),
            page->organisation, page->words, files->text, defect_name(look->defect), files->print);
}

static int write_side(struct writer *w, const struct side *side, struct page *page,
                      const struct scan_look *look)
{
    char name[32], path[PATH_MAX];
    struct side_files files;
    SCOPED(buf_free) struct buf encoded = {0};
    SCOPED(image_free) struct Pix *image = NULL;
    struct image_encode_params params = {.jpeg_quality = SCANNER_JPEG_QUALITY};
    snprintf(name, sizeof name, "%06u-%02u.%c", side->envelope->number, side->sheet, side->letter);
    snprintf(files.image, FILE_SIZE, "%s.%s", name, look->mode == SCAN_BILEVEL ? "tif" : "jpg");
    snprintf(files.text, FILE_SIZE, "text/%s.txt", name);
    snprintf(files.print, FILE_SIZE, "text/%s.print.txt", name);
    snprintf(path, sizeof path, "%s/%s", w->folder, files.image);
    int rc = scan_page(page, look, &image, w->err);
    if (rc == 0)
        rc = image_encode(image, &params, &encoded, w->err);
    if (rc == 0)
        rc = write_whole(w, path, buf_view(&encoded));
    if (rc == 0)
        rc = write_texts(w, page, &files);
    if (rc == 0) {
        write_row(w, side, page, look, &files);
        count_page(w->tally, page, encoded.len);
    }
    page_free_text(page);
    return rc;
}

static int write_envelope(struct writer *w, struct envelope *envelope)
{
    int rc = 0;
    for (unsigned i = 0; i < envelope->sheet_count && rc == 0; i++) {
        struct sheet *sheet = &envelope->sheets[i];
        struct side side = {envelope, i, 'a'};
        rc = write_side(w, &side, &sheet->front, &sheet->look);
        side.letter = 'b';
        if (rc == 0)
            rc = write_side(w, &side, &sheet->back, &sheet->back_look);
        w->tally->sheets++;
    }
    w->tally->envelopes += envelope->number > 0;
    return rc;
}

static void part_path(const char *folder, unsigned first, char ret_path[PATH_MAX])
{
    snprintf(ret_path, PATH_MAX, "%s/labels-%u.part", folder, first);
}

int hopper_write(const struct mail_order *order, const char *folder,
                 const struct hopper_share *share, struct hopper_tally *ret_tally, struct err *err)
{
    char path[PATH_MAX];
    part_path(folder, share->first, path);
    SCOPED(scope_fclose) FILE *labels = fopen(path, "we");
    if (!labels)
        return err_errno(err, errno, "%s", path);
    struct writer writer = {folder, labels, ret_tally, err};
    SCOPED(scope_free) struct envelope *envelope = malloc(sizeof *envelope);
    if (!envelope)
        return err_set(err, ERR_MEMORY, "no memory for an envelope");
    int rc = 0;
    for (unsigned i = share->first; i <= share->last && rc == 0; i += share->step) {
        if (i == 0 && !order->separators)
            continue;
        envelope_plan(order, i, envelope);
        rc = write_envelope(&writer, envelope);
    }
    if (rc == 0 && fflush(labels) != 0)
        rc = err_errno(err, errno, "%s", path);
    return rc;
}

static int compare_lines(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static int read_parts(const char *folder, const unsigned *firsts, unsigned count,
                      struct buf *ret_rows, struct err *err)
{
    for (unsigned i = 0; i < count; i++) {
        char path[PATH_MAX];
        part_path(folder, firsts[i], path);
        int rc = file_read(path, LABELS_LIMIT_BYTES, ret_rows, err);
        if (rc < 0)
            return rc;
        unlink(path);
    }
    return buf_append(ret_rows, bytes_of("", 1)) < 0 ? err_set(err, ERR_MEMORY, "no memory") : 0;
}

/* Splits the rows in place, sorts them and appends them to `ret_table`. */
static int sort_rows(char *rows, struct buf *ret_table, struct err *err)
{
    size_t count = 0;
    for (const char *p = rows; *p; p++)
        count += *p == '\n';
    SCOPED(scope_free) char **lines = calloc(count + 1, sizeof *lines);
    char *rest = NULL;
    size_t n = 0;
    if (!lines)
        return err_set(err, ERR_MEMORY, "no memory for %zu rows", count);
    for (char *line = strtok_r(rows, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
        lines[n++] = line;
    qsort(lines, n, sizeof *lines, compare_lines);
    int rc = buf_append(ret_table, bytes_of(header, strlen(header)));
    for (size_t i = 0; i < n && rc == 0; i++) {
        rc = buf_append(ret_table, bytes_of(lines[i], strlen(lines[i])));
        if (rc == 0)
            rc = buf_append(ret_table, bytes_of("\n", 1));
    }
    return rc < 0 ? err_set(err, ERR_MEMORY, "no memory for %zu rows", count) : 0;
}

int hopper_join_labels(const char *folder, const unsigned *firsts, unsigned count, struct err *err)
{
    SCOPED(buf_free) struct buf rows = {0}, table = {0};
    char path[PATH_MAX];
    int rc = read_parts(folder, firsts, count, &rows, err);
    if (rc == 0)
        rc = sort_rows((char *)rows.at, &table, err);
    snprintf(path, sizeof path, "%s/labels.tsv", folder);
    return rc == 0 ? file_write(path, 0644, buf_view(&table), err) : rc;
}
