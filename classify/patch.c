/*
 * Looking for four bars in rows: see patch.h. Every second row is cut into runs; seven runs in the
 * proportions of a patch are a hit; hits of one code that follow each other down the rows make a
 * patch when they are long enough. Cost 1 ms.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "classify/patch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "classify/separator.h"

enum { ELEMENTS = 2 * PATCH_BARS - 1, ROW_STEP = 2, RUNS_MAX = 512, ROW_GAP_MAX = 6 };

/* In modules: a patch is 10 wide, a wide bar 2.5, the rest 1 (0.20 and 0.08 in). */
#define TOTAL_MODULES 10.0
#define WIDE_MODULES 2.5
#define NARROW_TOLERANCE 0.5 /* ink, threshold and reduction move each edge by up to a quarter */
#define WIDE_TOLERANCE 0.7
#define QUIET_MODULES 1.2 /* white before and after */
#define LENGTH_MODULES                                                                             \
    18.0 /* bars are at least 25 modules long, some models print 9.4: too short                    \
            to be told from a drawing */
#define MODULE_MIN_PX 2.5
#define TOTAL_MIN_MM 16.0 /* 20.3 mm, skewed and stretched, or copied smaller */
#define TOTAL_MAX_MM 25.0
#define TOTAL_MAX_SHARE 0.2 /* of the row, when the dpi is not known */
#define DRIFT_MAX 0.35      /* columns a row: 15 degrees of skew are 0.27 */

static const struct {
    char code;
    const char *pattern;
} codes[] = {{'1', "WWNN"}, {'2', "WNNW"}, {'3', "WNWN"},
             {'T', "NWNW"}, {'4', "NWWN"}, {'6', "NNWW"}};

const char *patch_pattern(char code)
{
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (codes[i].code == code)
            return codes[i].pattern;
    return NULL;
}

static char code_of(const char *pattern)
{
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (strcmp(codes[i].pattern, pattern) == 0)
            return codes[i].code;
    return '\0';
}

/* Hits of one code down the rows. */
struct trail {
    char pattern[PATCH_BARS + 1];
    int first_row, last_row, count;
    double left, right; /* sums over the hits */
    int last_left;
    double total; /* of the first hit */
};

enum { TRAILS_MAX = 24 };

struct trails {
    int count;
    struct trail at[TRAILS_MAX];
};

/* Bars as 'W' and 'N' when seven runs have a patch's proportions. */
static bool is_patch(const int *runs, char ret_pattern[PATCH_BARS + 1])
{
    int total = 0, wide = 0;
    for (int i = 0; i < ELEMENTS; i++)
        total += runs[i];
    double module = total / TOTAL_MODULES;
    if (module < MODULE_MIN_PX || runs[-1] < QUIET_MODULES * module ||
        runs[ELEMENTS] < QUIET_MODULES * module)
        return false;
    for (int i = 0; i < ELEMENTS; i++) {
        bool narrow = fabs(runs[i] - module) < NARROW_TOLERANCE * module;
        bool is_wide =
            i % 2 == 0 && fabs(runs[i] - WIDE_MODULES * module) < WIDE_TOLERANCE * module;
        if (!narrow && !is_wide)
            return false;
        if (i % 2 == 0)
            ret_pattern[i / 2] = is_wide ? 'W' : 'N';
        wide += is_wide;
    }
    ret_pattern[PATCH_BARS] = '\0';
    return wide == PATCH_BARS / 2;
}

static void add_hit(struct trails *trails, const char *pattern, int row, int left, int total)
{
    for (int i = trails->count - 1; i >= 0; i--) {
        struct trail *trail = &trails->at[i];
        int rows = row - trail->last_row;
        if (rows > 0 && rows <= ROW_GAP_MAX && strcmp(trail->pattern, pattern) == 0 &&
            abs(left - trail->last_left) <= DRIFT_MAX * rows + 2 &&
            fabs(total - trail->total) < 0.2 * trail->total) {
            trail->last_row = row;
            trail->last_left = left;
            trail->left += left;
            trail->right += left + total;
            trail->count++;
            return;
        }
    }
    int at = trails->count;
    if (at == TRAILS_MAX) { /* the shortest makes room: noise never grows long */
        at = 0;
        for (int i = 1; i < TRAILS_MAX; i++)
            if (trails->at[i].count < trails->at[at].count)
                at = i;
    } else {
        trails->count++;
    }
    trails->at[at] = (struct trail){.first_row = row,
                                    .last_row = row,
                                    .count = 1,
                                    .left = left,
                                    .right = left + total,
                                    .last_left = left,
                                    .total = total};
    memcpy(trails->at[at].pattern, pattern, PATCH_BARS + 1);
}

/* Cuts a row into runs, the first and the last ones white (perhaps of no length). */
static int cut_runs(const uint8_t *row, int width, int runs[RUNS_MAX], int starts[RUNS_MAX])
{
    int count = 0, x = 0;
    uint8_t value = 0;
    while (x < width && count < RUNS_MAX - 1) {
        const uint8_t *end = memchr(row + x, !value, (size_t)(width - x));
        int next = end ? (int)(end - row) : width;
        starts[count] = x;
        runs[count++] = next - x;
        x = next;
        value = !value;
    }
    if (count % 2 == 0) {
        starts[count] = x;
        runs[count++] = 0;
    }
    return count;
}

static void scan(struct dark_rows rows, double total_min, double total_max, struct trails *trails)
{
    int runs[RUNS_MAX], starts[RUNS_MAX];
    for (int y = 0; y < rows.height; y += ROW_STEP) {
        const uint8_t *row = rows.at + (size_t)rows.width * (size_t)y;
        int count = cut_runs(row, rows.width, runs, starts);
        for (int i = 1; i + ELEMENTS < count; i += 2) {
            char pattern[PATCH_BARS + 1];
            int total = starts[i + ELEMENTS] - starts[i];
            if (total < total_min || total > total_max || !is_patch(runs + i, pattern))
                continue;
            add_hit(trails, pattern, y, starts[i], total);
        }
    }
}

static struct patch patch_of(const struct trail *trail, int width, bool turned, bool *ret_near)
{
    int left = (int)(trail->left / trail->count), right = (int)(trail->right / trail->count);
    int top = trail->first_row, bottom = trail->last_row + 1;
    *ret_near = left + right < width;
    char pattern[PATCH_BARS + 1] = "";
    for (int i = 0; i < PATCH_BARS; i++)
        pattern[i] = trail->pattern[*ret_near ? i : PATCH_BARS - 1 - i];
    struct box box = {left, top, right - left, bottom - top};
    if (turned)
        box = (struct box){top, left, bottom - top, right - left};
    return (struct patch){code_of(pattern), box, bottom - top};
}

static void keep_patches(const struct trails *trails, int width, bool turned,
                         struct patch ret_patches[PATCH_SIDES])
{
    for (int i = 0; i < trails->count; i++) {
        const struct trail *trail = &trails->at[i];
        int rows = trail->last_row - trail->first_row;
        if (rows < LENGTH_MODULES * trail->total / TOTAL_MODULES ||
            trail->count * ROW_STEP < rows * 0.6)
            continue;
        bool near;
        struct patch patch = patch_of(trail, width, turned, &near);
        enum patch_side side =
            turned ? (near ? PATCH_TOP : PATCH_BOTTOM) : (near ? PATCH_LEFT : PATCH_RIGHT);
        if (patch.length > ret_patches[side].length)
            ret_patches[side] = patch;
    }
}

static int find_sized(const struct glance *glance, double dpi,
                      struct patch ret_patches[PATCH_SIDES])
{
    memset(ret_patches, 0, sizeof *ret_patches * PATCH_SIDES);
    double per_mm = dpi / 25.4 / glance->factor;
    for (int turned = 0; turned < 2; turned++) {
        struct dark_rows rows = glance_rows(glance, turned);
        struct trails trails = {0};
        double total_max = dpi > 0 ? TOTAL_MAX_MM * per_mm : TOTAL_MAX_SHARE * rows.width;
        scan(rows, TOTAL_MIN_MM * per_mm, total_max, &trails);
        keep_patches(&trails, rows.width, turned, ret_patches);
    }
    int found = 0;
    for (int side = 0; side < PATCH_SIDES; side++)
        found += ret_patches[side].code != '\0';
    return found;
}

int patches_find(const struct glance *glance, double dpi, struct patch ret_patches[PATCH_SIDES])
{
    int found = dpi > 0 ? find_sized(glance, dpi, ret_patches) : 0;
    return found ? found : find_sized(glance, 0, ret_patches);
}
