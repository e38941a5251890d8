/*
 * Which marks make a page a separator: see separator.h and docs/separators.md, whose table is the
 * order of the tests here.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "classify/separator.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "classify/barcode.h"
#include "classify/glance.h"
#include "classify/patch.h"

#define WIDE_MM 5.08
#define NARROW_MM 2.03

static const char payload_envelope[] = "TRIPLI:E", payload_batch[] = "TRIPLI:B:";

bool separator_patch_bars(char patch, double ret_widths[2 * PATCH_BARS - 1])
{
    const char *pattern = patch_pattern(patch);
    if (!pattern)
        return false;
    for (int i = 0; i < 2 * PATCH_BARS - 1; i++)
        ret_widths[i] = i % 2 == 0 && pattern[i / 2] == 'W' ? WIDE_MM : NARROW_MM;
    return true;
}

static bool is_tenant(const char *text)
{
    return strlen(text) == 3 && strspn(text, "0123456789") == 3;
}

bool separator_payload(const char *tenant, char ret_payload[SEPARATOR_CODE_SIZE])
{
    if (tenant && !is_tenant(tenant))
        return false;
    snprintf(ret_payload, SEPARATOR_CODE_SIZE, "%s%s", tenant ? payload_batch : payload_envelope,
             tenant ? tenant : "");
    return true;
}

bool separator_field(const struct separator *separator, char ret_value[FIELD_VALUE_SIZE])
{
    static const char *const levels[] = {"", "envelope", "batch"};
    ret_value[0] = '\0';
    if (separator->level == SEPARATOR_NONE)
        return false;
    snprintf(ret_value, FIELD_VALUE_SIZE, "%s:%s", levels[separator->level], separator->code);
    return true;
}

/* 1 and 6 are the host's codes and bound batches; 2, 3, 4 and T bound envelopes. */
static enum separator_level level_of_patch(char patch)
{
    return patch == '1' || patch == '6' ? SEPARATOR_BATCH : SEPARATOR_ENVELOPE;
}

static bool use_tripli(const struct barcode *code, struct separator *separator)
{
    const char *tenant = code->text + sizeof payload_batch - 1;
    bool batch = strncmp(code->text, payload_batch, sizeof payload_batch - 1) == 0;
    if (batch && is_tenant(tenant)) {
        separator->level = SEPARATOR_BATCH;
        snprintf(separator->code, sizeof separator->code, "tripli-b:%.3s", tenant);
    } else if (strcmp(code->text, payload_envelope) == 0) {
        separator->level = SEPARATOR_ENVELOPE;
        snprintf(separator->code, sizeof separator->code, "tripli-e");
    } else {
        return false;
    }
    separator->box = code->box;
    separator->rotation = code->rotation >= 0 ? code->rotation : separator->rotation;
    snprintf(separator->reason, sizeof separator->reason, "separator sheet of tripli: %s",
             separator->code);
    return true;
}

/* "PATCHT", "PATCH 2": the name of a patch code as a barcode, on sheets that have both. */
static bool use_patch_name(const struct barcode *code, struct separator *separator)
{
    if (strncmp(code->text, "PATCH", 5) != 0)
        return false;
    const char *name = code->text + 5 + (code->text[5] == ' ');
    if (!name[0] || name[1] || !patch_pattern(name[0]))
        return false;
    separator->level = level_of_patch(name[0]);
    separator->box = code->box;
    separator->rotation = code->rotation >= 0 ? code->rotation : 0;
    snprintf(separator->code, sizeof separator->code, "patch-%c", tolower((unsigned char)name[0]));
    snprintf(separator->reason, sizeof separator->reason, "barcode that names a patch code: %s",
             separator->code);
    return true;
}

/* A barcode has more bars than four, but any four of them may look like a patch. */
static void drop_patches_of_barcodes(const struct barcode *codes, int count, int factor,
                                     struct patch patches[PATCH_SIDES])
{
    for (int i = 0; i < count * PATCH_SIDES; i++) {
        const struct box *code = &codes[i / PATCH_SIDES].box;
        struct patch *patch = &patches[i % PATCH_SIDES];
        int x = (patch->box.x + patch->box.width / 2) * factor;
        int y = (patch->box.y + patch->box.height / 2) * factor;
        if (x >= code->x && x <= code->x + code->width && y >= code->y &&
            y <= code->y + code->height)
            patch->code = '\0';
    }
}

/* The patch with the longest bars; its side tells how the sheet lies. */
static bool use_patch(const struct patch patches[PATCH_SIDES], int factor,
                      struct separator *separator)
{
    static const int rotations[PATCH_SIDES] = {
        [PATCH_TOP] = 0, [PATCH_LEFT] = 90, [PATCH_BOTTOM] = 180, [PATCH_RIGHT] = 270};
    int best = -1;
    for (int side = 0; side < PATCH_SIDES; side++)
        if (patches[side].code && (best < 0 || patches[side].length > 1.1 * patches[best].length))
            best = side;
    if (best < 0)
        return false;
    const struct patch *patch = &patches[best];
    separator->level = level_of_patch(patch->code);
    separator->rotation = rotations[best];
    separator->box = (struct box){patch->box.x * factor, patch->box.y * factor,
                                  patch->box.width * factor, patch->box.height * factor};
    snprintf(separator->code, sizeof separator->code, "patch-%c",
             tolower((unsigned char)patch->code));
    snprintf(separator->reason, sizeof separator->reason, "patch code %c across the page's edge",
             patch->code);
    return true;
}

typedef bool use_function(const struct barcode *code, struct separator *separator);

/* The mark of the highest level that the function finds. */
static bool use_barcodes(use_function *use, const struct barcode *codes, int count,
                         struct separator *separator)
{
    struct separator best = {0};
    for (int i = 0; i < count; i++) {
        struct separator found = {.rotation = separator->rotation};
        if (use(&codes[i], &found) && found.level > best.level)
            best = found;
    }
    if (best.level != SEPARATOR_NONE)
        *separator = best;
    return best.level != SEPARATOR_NONE;
}

/* Of a page with patches. A sheet of tripli's own says all that is asked with its Code 128. */
static int read_sheet(const struct Pix *page, struct barcode codes[BARCODES_MAX], struct err *err)
{
    struct separator found = {0};
    int count = barcode_read_quick(page, codes, err);
    if (count < 0 || (count > 0 && use_barcodes(use_tripli, codes, count, &found)))
        return count;
    return barcode_read(page, codes, err);
}

int separator_find(const struct Pix *page, const struct glance *glance, double dpi,
                   struct separator *ret_separator, struct err *err)
{
    *ret_separator = (struct separator){0};
    struct patch patches[PATCH_SIDES];
    struct barcode codes[BARCODES_MAX];
    struct box part;
    int patch_count = patches_find(glance, dpi, patches), code_count = 0;
    if (patch_count > 0)
        code_count = read_sheet(page, codes, err);
    else if (barcode_suspect(glance, &part))
        code_count = barcode_read_part(page, &part, codes, err);
    if (code_count < 0)
        return code_count;
    drop_patches_of_barcodes(codes, code_count, glance->factor, patches);
    struct separator by_patch = {0};
    bool patch = use_patch(patches, glance->factor, &by_patch);
    if (patch_count > 1 && code_count > 0 && codes[0].rotation >= 0)
        by_patch.rotation = codes[0].rotation;
    ret_separator->rotation = by_patch.rotation;
    if (use_barcodes(use_tripli, codes, code_count, ret_separator))
        return 0;
    if (patch)
        *ret_separator = by_patch;
    else if (!use_barcodes(use_patch_name, codes, code_count, ret_separator))
        snprintf(ret_separator->reason, sizeof ret_separator->reason,
                 code_count ? "%d barcodes, none of a separator" : "no mark of a separator",
                 code_count);
    return 0;
}
