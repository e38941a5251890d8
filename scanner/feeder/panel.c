/*
 * The option table of the virtual feeder: see panel.h. Names, types and lists follow SANE's fujitsu
 * and canon_dr drivers (man pages sane-fujitsu, sane-canon_dr) where a personality copies them.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "scanner/feeder/panel.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { OURS = 1, FUJITSU = 2, CANON = 4, ALL = 7 };

enum {
    SETTABLE = SANE_CAP_SOFT_SELECT | SANE_CAP_SOFT_DETECT,
    SENSOR = SANE_CAP_SOFT_DETECT | SANE_CAP_HARD_SELECT,
    BUTTON = SETTABLE /* scanimage refuses what cannot be read */
};

static const SANE_String_Const sources[] = {"ADF Front", "ADF Duplex", "ADF Back", NULL};
static const SANE_String_Const our_modes[] = {"Lineart", "Gray", "Color", "Native", NULL};
static const SANE_String_Const their_modes[] = {"Lineart", "Gray", "Color", NULL};
static const SANE_String_Const switches[] = {"Default", "Off", "On", NULL};
static const SANE_String_Const df_actions[] = {"Default", "Continue", "Stop", NULL};
static const SANE_String_Const serials[] = {"V-0001", NULL};
static const SANE_String_Const firmwares[] = {"1.0", NULL};
static const SANE_Range dpi_range = {50, 1200, 1};
static const SANE_Range percent_range = {SANE_FIX(0), SANE_FIX(100), SANE_FIX(0.1)};
static const SANE_Range speck_range = {0, 9, 1};
static const SANE_Range sheet_range = {1, INT32_MAX, 1};
static const SANE_Range width_range = {SANE_FIX(10), SANE_FIX(221), 0};
static const SANE_Range height_range = {SANE_FIX(10), SANE_FIX(876), 0};

struct row {
    const char *name, *title;
    SANE_Value_Type type;
    SANE_Unit unit;
    SANE_Int cap;
    const SANE_String_Const *texts;
    const SANE_Range *range;
    SANE_Word start; /* value after opening */
    int who;
};

/* Options outlive their user: these start with swskip and swdespeck on, as an imagined last one
 * left them, so that a profile has something to switch off. They act on nothing. */
/* clang-format off */
static const struct row rows[PANEL_OPTIONS] = {
    [PANEL_COUNT] = {"", "Number of options", SANE_TYPE_INT, 0, SANE_CAP_SOFT_DETECT, 0, 0, 0, ALL},
    [PANEL_GROUP] = {"", "Virtual feeder", SANE_TYPE_GROUP, 0, 0, 0, 0, 0, ALL},
    [PANEL_SOURCE] = {"source", "Sides to scan", SANE_TYPE_STRING, 0, SETTABLE, sources, 0, 0, ALL},
    [PANEL_MODE] = {"mode", "Scan mode", SANE_TYPE_STRING, 0, SETTABLE, our_modes, 0, 0, ALL},
    [PANEL_RESOLUTION] = {"resolution", "Resolution; in mode Native that of the side",
        SANE_TYPE_INT, SANE_UNIT_DPI, SETTABLE, 0, &dpi_range, 300, ALL},
    [PANEL_PAGE_WIDTH] = {"page-width", "Width of the paper", SANE_TYPE_FIXED, SANE_UNIT_MM,
        SETTABLE, 0, &width_range, SANE_FIX(215.9), FUJITSU | CANON},
    [PANEL_PAGE_HEIGHT] = {"page-height", "Height of the paper", SANE_TYPE_FIXED, SANE_UNIT_MM,
        SETTABLE, 0, &height_range, SANE_FIX(279.4), FUJITSU | CANON},
    [PANEL_ALD] = {"ald", "Height known only at the end", SANE_TYPE_BOOL, 0, SETTABLE, 0, 0, 0,
        OURS | FUJITSU},
    [PANEL_BUFFERMODE] = {"buffermode", "Read sheets ahead", SANE_TYPE_STRING, 0, SETTABLE,
        switches, 0, 0, OURS | FUJITSU},
    [PANEL_BUFFERING] = {"buffermode", "Read sheets ahead", SANE_TYPE_BOOL, 0, SETTABLE, 0, 0, 0,
        CANON},
    [PANEL_PREPICK] = {"prepick", "Pick the next sheet early", SANE_TYPE_STRING, 0, SETTABLE,
        switches, 0, 0, FUJITSU},
    [PANEL_DF_ACTION] = {"df-action", "On a double feed", SANE_TYPE_STRING, 0, SETTABLE,
        df_actions, 0, 0, FUJITSU},
    [PANEL_DF_SKEW] = {"df-skew", "By skew", SANE_TYPE_BOOL, 0, SETTABLE, 0, 0, 0, FUJITSU},
    [PANEL_DF_THICKNESS] = {"df-thickness", "By thickness", SANE_TYPE_BOOL, 0, SETTABLE, 0, 0, 0,
        FUJITSU | CANON},
    [PANEL_DF_LENGTH] = {"df-length", "By length", SANE_TYPE_BOOL, 0, SETTABLE, 0, 0, 0,
        FUJITSU | CANON},
    [PANEL_DF_DIFF] = {"df-diff", "Length that differs", SANE_TYPE_STRING, 0, SETTABLE,
        switches, 0, 0, FUJITSU},
    [PANEL_ROLLERDESKEW] = {"rollerdeskew", "Straighten by rollers", SANE_TYPE_BOOL, 0, SETTABLE,
        0, 0, 0, CANON},
    [PANEL_STAPLEDETECT] = {"stapledetect", "Stop at staples", SANE_TYPE_BOOL, 0, SETTABLE, 0, 0, 0,
        CANON},
    [PANEL_SWSKIP] = {"swskip", "Drop white sides", SANE_TYPE_FIXED, SANE_UNIT_PERCENT, SETTABLE,
        0, &percent_range, SANE_FIX(10), FUJITSU | CANON},
    [PANEL_SWDESKEW] = {"swdeskew", "Straighten images", SANE_TYPE_BOOL, 0, SETTABLE, 0, 0, 0,
        FUJITSU | CANON},
    [PANEL_SWCROP] = {"swcrop", "Crop images", SANE_TYPE_BOOL, 0, SETTABLE, 0, 0, 0,
        FUJITSU | CANON},
    [PANEL_SWDESPECK] = {"swdespeck", "Remove specks", SANE_TYPE_INT, 0, SETTABLE, 0, &speck_range,
        2, FUJITSU | CANON},
    [PANEL_PAGE_LOADED] = {"page-loaded", "Paper in the hopper", SANE_TYPE_BOOL, 0, SENSOR, 0, 0, 0,
        OURS | FUJITSU},
    [PANEL_ADF_LOADED] = {"adf-loaded", "Paper in the hopper", SANE_TYPE_BOOL, 0, SENSOR, 0, 0, 0,
        CANON},
    [PANEL_CARD_LOADED] = {"card-loaded", "Card in its slot", SANE_TYPE_BOOL, 0, SENSOR, 0, 0, 0,
        CANON},
    [PANEL_TOP_EDGE] = {"top-edge", "Paper pulled in", SANE_TYPE_BOOL, 0, SENSOR, 0, 0, 0, FUJITSU},
    [PANEL_COVER_OPEN] = {"cover-open", "Cover open", SANE_TYPE_BOOL, 0, SENSOR, 0, 0, 0,
        OURS | FUJITSU},
    [PANEL_DOUBLE_FEED] = {"double-feed", "Double feed", SANE_TYPE_BOOL, 0, SENSOR, 0, 0, 0,
        OURS | FUJITSU},
    [PANEL_ERROR_CODE] = {"error-code", "Error code", SANE_TYPE_INT, 0, SENSOR, 0, 0, 0, FUJITSU},
    [PANEL_SIDE] = {"side", "Side being read: 0 front, 1 back", SANE_TYPE_BOOL, 0, SENSOR, 0, 0, 0,
        ALL},
    [PANEL_COUNTER] = {"total-counter", "Sheets that reached the tray", SANE_TYPE_INT, 0, SENSOR,
        0, 0, 0, OURS | CANON},
    [PANEL_SERIAL] = {"serial-number", "Serial number", SANE_TYPE_STRING, 0, SANE_CAP_SOFT_DETECT,
        serials, 0, 0, OURS},
    [PANEL_FIRMWARE] = {"firmware-version", "Firmware", SANE_TYPE_STRING, 0, SANE_CAP_SOFT_DETECT,
        firmwares, 0, 0, OURS},
    [PANEL_SCAN] = {"scan", "Scan button", SANE_TYPE_BOOL, 0, SENSOR, 0, 0, 0, OURS | FUJITSU},
    [PANEL_START] = {"start", "Start button", SANE_TYPE_BOOL, 0, SENSOR, 0, 0, 0, CANON},
    [PANEL_FAULT] = {"fault", "What shall go wrong", SANE_TYPE_STRING, 0, SETTABLE, 0, 0, 0, ALL},
    [PANEL_REFEED] = {"refeed", "Put stuck sheets back", SANE_TYPE_BUTTON, 0, BUTTON, 0, 0, 0, ALL},
    [PANEL_DISCARD] = {"discard", "Take the top sheet out", SANE_TYPE_BUTTON, 0, BUTTON, 0, 0, 0,
        ALL},
    [PANEL_TAKE_BACK] = {"take-back", "Put fed sheets back, from this number on", SANE_TYPE_INT,
        0, SETTABLE, 0, &sheet_range, 1, ALL},
    [PANEL_PRESS] = {"press", "Press the scan button", SANE_TYPE_BUTTON, 0, BUTTON, 0, 0, 0, ALL},
};
/* clang-format on */

static SANE_Int value_size(enum panel_option id, const SANE_String_Const *texts)
{
    size_t longest = 0;
    if (rows[id].type == SANE_TYPE_BUTTON || rows[id].type == SANE_TYPE_GROUP)
        return 0;
    if (id == PANEL_FAULT)
        return (SANE_Int)sizeof((struct panel *)0)->fault;
    if (!texts)
        return (SANE_Int)sizeof(SANE_Word);
    for (; *texts; texts++)
        longest = strlen(*texts) > longest ? strlen(*texts) : longest;
    return (SANE_Int)longest + 1;
}

static void describe(struct panel *panel, enum panel_option id)
{
    const struct row *row = &rows[id];
    const SANE_String_Const *texts = row->texts;
    if (id == PANEL_MODE && panel->personality != PERSONALITY_TRIPLI)
        texts = their_modes;
    SANE_Option_Descriptor *option = &panel->descriptors[panel->count];
    panel->ids[panel->count++] = id;
    *option = (SANE_Option_Descriptor){.name = row->name,
                                       .title = row->title,
                                       .desc = row->title,
                                       .type = row->type,
                                       .unit = row->unit,
                                       .size = value_size(id, texts),
                                       .cap = row->cap};
    if (texts) {
        option->constraint_type = SANE_CONSTRAINT_STRING_LIST;
        option->constraint.string_list = texts;
    } else if (row->range) {
        option->constraint_type = SANE_CONSTRAINT_RANGE;
        option->constraint.range = row->range;
    }
    panel->words[id] = row->start;
}

/* Fujitsu's ways of finding a double feed can be set only once there is something to do about it.
 */
static void update_active(struct panel *panel)
{
    for (int i = 0; i < panel->count; i++) {
        enum panel_option id = panel->ids[i];
        if (panel->personality != PERSONALITY_FUJITSU || id < PANEL_DF_SKEW || id > PANEL_DF_DIFF)
            continue;
        panel->descriptors[i].cap &= ~SANE_CAP_INACTIVE;
        if (panel->words[PANEL_DF_ACTION] == 0)
            panel->descriptors[i].cap |= SANE_CAP_INACTIVE;
    }
}

void panel_start(struct panel *panel, enum personality personality)
{
    static const int who[PERSONALITIES] = {OURS, FUJITSU, CANON};
    *panel = (struct panel){.personality = personality};
    for (int id = 0; id < PANEL_OPTIONS; id++)
        if (rows[id].who & who[personality])
            describe(panel, (enum panel_option)id);
    panel->words[PANEL_COUNT] = panel->count;
    update_active(panel);
}

const SANE_Option_Descriptor *panel_descriptor(const struct panel *panel, SANE_Int number)
{
    return number >= 0 && number < panel->count ? &panel->descriptors[number] : NULL;
}

enum panel_option panel_id(const struct panel *panel, SANE_Int number)
{
    return number >= 0 && number < panel->count ? panel->ids[number] : PANEL_OPTIONS;
}

bool panel_is_sensor(enum panel_option id)
{
    return id < PANEL_OPTIONS && rows[id].cap == SENSOR;
}

SANE_Status panel_get(const struct panel *panel, SANE_Int number, void *value)
{
    enum panel_option id = panel_id(panel, number);
    const SANE_Option_Descriptor *option = panel_descriptor(panel, number);
    if (!option || !(option->cap & SANE_CAP_SOFT_DETECT) || !SANE_OPTION_IS_ACTIVE(option->cap))
        return SANE_STATUS_INVAL;
    if (option->type == SANE_TYPE_STRING) {
        const char *text =
            id == PANEL_FAULT ? panel->fault : option->constraint.string_list[panel->words[id]];
        memcpy(value, text, strlen(text) + 1); /* option->size is that of the longest */
    } else {
        memcpy(value, &panel->words[id], sizeof(SANE_Word));
    }
    return SANE_STATUS_GOOD;
}

static SANE_Status set_text(struct panel *panel, enum panel_option id,
                            const SANE_String_Const *texts, const char *text)
{
    for (int i = 0; texts[i]; i++)
        if (strcmp(texts[i], text) == 0) {
            panel->words[id] = i;
            return SANE_STATUS_GOOD;
        }
    return SANE_STATUS_INVAL;
}

static SANE_Status set_word(struct panel *panel, enum panel_option id,
                            const SANE_Option_Descriptor *option, SANE_Word word, SANE_Int *info)
{
    SANE_Word kept = word;
    if (option->type == SANE_TYPE_BOOL && word != SANE_TRUE && word != SANE_FALSE)
        return SANE_STATUS_INVAL;
    if (option->constraint_type == SANE_CONSTRAINT_RANGE) {
        const SANE_Range *range = option->constraint.range;
        kept = word < range->min ? range->min : word > range->max ? range->max : word;
    }
    if (kept != word && info)
        *info |= SANE_INFO_INEXACT;
    panel->words[id] = kept;
    return SANE_STATUS_GOOD;
}

SANE_Status panel_set(struct panel *panel, SANE_Int number, const void *value, SANE_Int *info)
{
    enum panel_option id = panel_id(panel, number);
    const SANE_Option_Descriptor *option = panel_descriptor(panel, number);
    SANE_Word word = 0;
    if (!option || !SANE_OPTION_IS_SETTABLE(option->cap) || !SANE_OPTION_IS_ACTIVE(option->cap))
        return SANE_STATUS_INVAL;
    if (option->type == SANE_TYPE_BUTTON)
        return SANE_STATUS_GOOD;
    if (id == PANEL_FAULT) {
        if (strnlen(value, sizeof panel->fault) == sizeof panel->fault)
            return SANE_STATUS_INVAL;
        snprintf(panel->fault, sizeof panel->fault, "%s", (const char *)value);
        return SANE_STATUS_GOOD;
    }
    if (info)
        *info |= SANE_INFO_RELOAD_PARAMS;
    if (option->type == SANE_TYPE_STRING) {
        SANE_Status status = set_text(panel, id, option->constraint.string_list, value);
        if (id == PANEL_DF_ACTION && info)
            *info |= SANE_INFO_RELOAD_OPTIONS;
        update_active(panel);
        return status;
    }
    memcpy(&word, value, sizeof word);
    return set_word(panel, id, option, word, info);
}
