/*
 * The options of the virtual feeder as SANE shows them: which there are under which personality,
 * their descriptors and the values set. Sensors are asked of whoever owns the panel.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <sane/sane.h>

#include "scanner/feeder/faults.h"
#include "scanner/feeder/setting.h"

enum panel_option {
    PANEL_COUNT,
    PANEL_GROUP,
    PANEL_SOURCE,
    PANEL_MODE,
    PANEL_RESOLUTION,
    PANEL_PAGE_WIDTH,
    PANEL_PAGE_HEIGHT,
    PANEL_ALD,
    PANEL_BUFFERMODE,
    PANEL_BUFFERING, /* the same as Canon has it */
    PANEL_PREPICK,
    PANEL_DF_ACTION,
    PANEL_DF_SKEW,
    PANEL_DF_THICKNESS,
    PANEL_DF_LENGTH,
    PANEL_DF_DIFF,
    PANEL_ROLLERDESKEW,
    PANEL_STAPLEDETECT,
    PANEL_SWSKIP,
    PANEL_SWDESKEW,
    PANEL_SWCROP,
    PANEL_SWDESPECK,
    PANEL_PAGE_LOADED,
    PANEL_ADF_LOADED,
    PANEL_CARD_LOADED,
    PANEL_TOP_EDGE,
    PANEL_COVER_OPEN,
    PANEL_DOUBLE_FEED,
    PANEL_ERROR_CODE,
    PANEL_SIDE,
    PANEL_COUNTER,
    PANEL_SERIAL,
    PANEL_FIRMWARE,
    PANEL_SCAN,
    PANEL_START,
    PANEL_FAULT,
    PANEL_REFEED,
    PANEL_DISCARD,
    PANEL_TAKE_BACK,
    PANEL_PRESS,
    PANEL_OPTIONS
};

/* Places in the lists of PANEL_SOURCE and PANEL_MODE; the latter as enum paper_mode. */
enum panel_source { PANEL_ADF_FRONT, PANEL_ADF_DUPLEX, PANEL_ADF_BACK };

struct panel {
    enum personality personality;
    int count;                            /* options that this personality has */
    enum panel_option ids[PANEL_OPTIONS]; /* by SANE's number */
    SANE_Option_Descriptor descriptors[PANEL_OPTIONS];
    SANE_Word words[PANEL_OPTIONS]; /* by id; of texts the place in their list */
    char fault[FAULTS_FILE_LIMIT_BYTES / 8];
};

void panel_start(struct panel *panel, enum personality personality);

/* NULL when there is no such number. */
const SANE_Option_Descriptor *panel_descriptor(const struct panel *panel, SANE_Int number);

/* PANEL_OPTIONS when there is no such number. */
enum panel_option panel_id(const struct panel *panel, SANE_Int number);

bool panel_is_sensor(enum panel_option id);

/* Copies a value that is no sensor out. */
SANE_Status panel_get(const struct panel *panel, SANE_Int number, void *value);

/* Checks a value against the descriptor and keeps it; numbers are moved into their range. */
SANE_Status panel_set(struct panel *panel, SANE_Int number, const void *value, SANE_Int *info);
