/*
 * Rows are cut into runs of ink; runs that touch in neighbouring rows are joined (union-find). Long
 * runs are joined among themselves first: what they make, when it is long enough, is a ruling or a
 * bar and leaves the page, so that the letters standing on it fall apart. One pass over the bits.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ocr/fast/blobs.h"

#include <leptonica/allheaders.h>
#include <stdlib.h>

#include "base/scope.h"
#include "image/geometry.h"

/* Print of A4 at 300 dpi: 0.1 to 0.4 million runs, 2 000 to 15 000 blobs. */
enum { RUNS_MOST = 1500000, BLOBS_MOST = 60000 };

/* The longest level stroke in 14 point letters has 2.5 mm; a thin ruling askew by 3 degrees makes
 * runs of 3.5 mm. Words joined by an underline are longer than the least ruling. */
static const double long_run_mm = 3, least_ruling_mm = 12, speck_mm = 0.2;

enum run_kind { RUN_SHORT, RUN_LONG, RUN_RULING };

struct run {
    int32_t x0, x1;
    int32_t parent; /* union-find; a root is its own parent */
    uint8_t kind;
};

struct runs {
    struct run *items;
    size_t count, room;
    size_t *rows; /* first run of each row, and one past the last */
    int32_t height;
};

static void runs_free(struct runs *runs)
{
    free(runs->items);
    free(runs->rows);
}

static int grow(struct runs *runs, size_t more, struct err *err)
{
    size_t room = runs->room ? 2 * runs->room : 1 << 16;
    struct run *items;

    if (runs->count + more <= runs->room)
        return 0;
    while (room < runs->count + more)
        room *= 2;
    items = realloc(runs->items, room * sizeof *items);
    if (!items)
        return err_set(err, ERR_MEMORY, "no memory for %zu runs of ink", room);
    runs->items = items;
    runs->room = room;
    return 0;
}

static void add_run(struct runs *runs, int32_t x0, int32_t x1, int32_t long_run)
{
    int32_t index = (int32_t)runs->count;

    runs->items[runs->count++] =
        (struct run){x0, x1, index, x1 - x0 >= long_run ? RUN_LONG : RUN_SHORT};
}

/* Leptonica keeps the leftmost pixel of a word in its highest bit. A bit of `edges` is set where
 * ink begins or ends. */
static void cut_row(struct runs *runs, const uint32_t *row, int32_t width, int32_t long_run)
{
    uint32_t before = 0;
    int32_t begun = -1;

    for (int32_t at = 0; at < width; at += 32) {
        uint32_t word = row[at / 32];
        uint32_t edges;

        if (width - at < 32)
            word &= ~(UINT32_MAX >> (width - at));
        edges = word ^ (word >> 1 | before << 31);
        before = word & 1;
        for (; edges; edges &= ~(1u << (31 - __builtin_clz(edges)))) {
            int32_t x = at + __builtin_clz(edges);

            if (begun >= 0)
                add_run(runs, begun, x, long_run);
            begun = begun >= 0 ? -1 : x;
        }
    }
    if (begun >= 0)
        add_run(runs, begun, width, long_run);
}

static int cut_rows(struct Pix *bits, int32_t long_run, struct runs *runs, struct err *err)
{
    int32_t width = pixGetWidth(bits), words = pixGetWpl(bits);
    const uint32_t *data = pixGetData(bits);
    int rc = 0;

    runs->height = pixGetHeight(bits);
    runs->rows = calloc((size_t)runs->height + 1, sizeof *runs->rows);
    if (!runs->rows)
        return err_set(err, ERR_MEMORY, "no memory for %d rows of ink", runs->height);
    for (int32_t y = 0; y < runs->height && rc == 0 && runs->count <= RUNS_MOST; y++) {
        rc = grow(runs, (size_t)width / 2 + 1, err);
        if (rc == 0)
            cut_row(runs, data + (size_t)y * (size_t)words, width, long_run);
        runs->rows[y + 1] = runs->count;
    }
    return rc;
}

static int32_t root_of(struct run *items, int32_t at)
{
    while (items[at].parent != at) {
        items[at].parent = items[items[at].parent].parent;
        at = items[at].parent;
    }
    return at;
}

static void join(struct run *items, int32_t a, int32_t b)
{
    a = root_of(items, a);
    b = root_of(items, b);
    if (a < b)
        items[b].parent = a;
    else
        items[a].parent = b;
}

/* Joins the runs of one kind that touch in the two rows that meet at `row`. */
static void join_rows(struct runs *runs, int32_t row, enum run_kind kind)
{
    struct run *items = runs->items;
    size_t above = runs->rows[row - 1], below = runs->rows[row];
    size_t above_end = below, below_end = runs->rows[row + 1];

    while (above < above_end && below < below_end) {
        const struct run *upper = &items[above], *lower = &items[below];

        if (upper->x0 <= lower->x1 && lower->x0 <= upper->x1 && upper->kind == kind &&
            lower->kind == kind)
            join(items, (int32_t)above, (int32_t)below);
        if (upper->x1 < lower->x1)
            above++;
        else
            below++;
    }
}

static void join_all(struct runs *runs, enum run_kind kind)
{
    for (int32_t row = 1; row < runs->height; row++)
        join_rows(runs, row, kind);
}

static void widen(struct blob *blob, const struct run *run, int32_t y)
{
    if (blob->ink == 0)
        *blob = (struct blob){run->x0, y, run->x1, y + 1, 0};
    blob->x0 = run->x0 < blob->x0 ? run->x0 : blob->x0;
    blob->x1 = run->x1 > blob->x1 ? run->x1 : blob->x1;
    blob->y1 = y + 1;
    blob->ink += run->x1 - run->x0;
}

/* The blobs of one kind, in the order of their first runs. ERR_LIMIT when there are too many. */
static int collect(struct runs *runs, enum run_kind kind, struct blobs *blobs, struct err *err)
{
    SCOPED(scope_free) int32_t *number = malloc((runs->count + 1) * sizeof *number);
    size_t room = 0;

    if (!number)
        return err_set(err, ERR_MEMORY, "no memory for %zu runs of ink", runs->count);
    for (size_t i = 0; i < runs->count; i++)
        if (runs->items[i].kind == kind)
            room += runs->items[i].parent == (int32_t)i;
    blobs->crowded = room > BLOBS_MOST * 8;
    blobs->items = blobs->crowded ? NULL : calloc(room + 1, sizeof *blobs->items);
    if (!blobs->items)
        return blobs->crowded ? 0 : err_set(err, ERR_MEMORY, "no memory for %zu blobs", room);
    for (int32_t y = 0; y < runs->height; y++)
        for (size_t i = runs->rows[y]; i < runs->rows[y + 1]; i++) {
            int32_t root;

            if (runs->items[i].kind != kind)
                continue;
            root = root_of(runs->items, (int32_t)i);
            if (root == (int32_t)i)
                number[i] = (int32_t)blobs->count++;
            widen(&blobs->items[number[root]], &runs->items[i], y);
            number[i] = number[root];
        }
    return 0;
}

/* Long runs that make no ruling become ordinary ink again: the bar of a large T. */
static int part_rulings(struct runs *runs, int32_t least_ruling, size_t *ret_count, struct err *err)
{
    SCOPED(fast_blobs_free) struct blobs found = {0};
    SCOPED(scope_free) uint8_t *ruling = calloc(runs->count + 1, 1);
    size_t next = 0;
    int rc;

    if (!ruling)
        return err_set(err, ERR_MEMORY, "no memory for %zu runs of ink", runs->count);
    join_all(runs, RUN_LONG);
    rc = collect(runs, RUN_LONG, &found, err);
    if (rc < 0 || found.crowded)
        return rc;
    for (size_t i = 0; i < runs->count; i++)
        if (runs->items[i].kind == RUN_LONG && runs->items[i].parent == (int32_t)i) {
            ruling[i] = found.items[next].x1 - found.items[next].x0 >= least_ruling;
            *ret_count += ruling[i];
            next++;
        }
    for (size_t i = 0; i < runs->count; i++)
        if (runs->items[i].kind == RUN_LONG && ruling[root_of(runs->items, (int32_t)i)])
            runs->items[i].kind = RUN_RULING;
    for (size_t i = 0; i < runs->count; i++)
        if (runs->items[i].kind == RUN_LONG) {
            runs->items[i].kind = RUN_SHORT;
            runs->items[i].parent = (int32_t)i;
        }
    return 0;
}

static void drop_specks(struct blobs *blobs, int32_t speck)
{
    size_t kept = 0;

    for (size_t i = 0; i < blobs->count; i++) {
        const struct blob *blob = &blobs->items[i];

        if (blob->x1 - blob->x0 > speck || blob->y1 - blob->y0 > speck)
            blobs->items[kept++] = *blob;
    }
    blobs->count = kept;
    if (kept <= BLOBS_MOST)
        return;
    fast_blobs_free(blobs);
    blobs->crowded = true;
}

int fast_blobs_find(const struct Pix *bits, int dpi, struct blobs *ret_blobs, struct err *err)
{
    SCOPED(runs_free) struct runs runs = {0};
    size_t rulings = 0;
    int rc = cut_rows((struct Pix *)bits, image_pixels(long_run_mm, dpi), &runs, err);

    *ret_blobs = (struct blobs){.crowded = runs.count > RUNS_MOST};
    if (rc < 0 || ret_blobs->crowded)
        return rc;
    rc = part_rulings(&runs, image_pixels(least_ruling_mm, dpi), &rulings, err);
    if (rc < 0)
        return rc;
    join_all(&runs, RUN_SHORT);
    rc = collect(&runs, RUN_SHORT, ret_blobs, err);
    ret_blobs->rulings = rulings;
    if (rc == 0)
        drop_specks(ret_blobs, image_pixels(speck_mm, dpi));
    return rc;
}

void fast_blobs_free(struct blobs *blobs)
{
    if (!blobs)
        return;
    free(blobs->items);
    *blobs = (struct blobs){0};
}
