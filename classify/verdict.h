/*
 * A verdict: what a page is, how sure that is, and why. It is all that a reader says of a page, and
 * what is stored with it. docs/schemas.md has the JSON form.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "image/quality.h"

enum tag {
    TAG_NONE, /* not decided */
    TAG_CARE_FORM,
    TAG_SICK_NOTE,
    TAG_CHEQUE,
    TAG_LETTER,
    TAG_OTHER,
    TAG_BLANK,
    TAG_SEPARATOR,
    TAG_COUNT
};

enum field_name {
    FIELD_NIR,          /* 15 digits (or 2A/2B), proven by its key */
    FIELD_CMC7,         /* ASCII form of facts: <7<12>12: without blanks, proven by RLMC key */
    FIELD_RLMC_KEY,     /* two digits */
    FIELD_DATE,         /* ISO date that starts the retention clock */
    FIELD_CERFA,        /* "12541*02" */
    FIELD_VOLET,        /* "1", "2", "3" */
    FIELD_ORGANISATION, /* nine digits, or three */
    FIELD_ADDRESSEE,    /* "medical_service" of mail to the médecin-conseil */
    FIELD_SEPARATOR,    /* "batch" or "envelope", and the code read: "envelope:patch-2" */
    FIELD_COUNT
};

/* The only addressee that is told: what is for it opens to nobody else. */
#define VERDICT_MEDICAL_SERVICE "medical_service"

/* Proven: a key, checksum or second source agrees. Read: seen, not proven. Absent: not there, or
 * seen and not legible (then the box says where it would be). */
enum field_state { FIELD_ABSENT, FIELD_READ, FIELD_PROVEN };

enum { FIELD_VALUE_SIZE = 64, REASON_SIZE = 120, VERDICT_REASONS_MAX = 16, MODEL_ID_SIZE = 64 };

/* Pixels of the page as scanned (before turning), 0 wide when unknown. */
struct box {
    int32_t x, y, width, height;
};

struct field {
    char value[FIELD_VALUE_SIZE]; /* "" when absent */
    enum field_state state;
    struct box box;
};

/* Milliseconds of processor time by stage, as printed under "ms". */
enum stage {
    STAGE_DECODE,
    STAGE_LAYOUT, /* blank, skew, orientation, rulings */
    STAGE_SEPARATOR,
    STAGE_CHEQUE,
    STAGE_FORM,
    STAGE_TITLE, /* OCR of title zones */
    STAGE_TEXT,  /* full OCR */
    STAGE_COUNT
};

struct verdict {
    enum tag tag;
    double confidence; /* 0..1, estimated probability that the tag is right */
    bool accepted;     /* confidence reaches the tag's threshold; otherwise a person decides */
    int rotation;      /* degrees counter-clockwise that the page was turned: 0, 90, 180, 270 */
    double skew;       /* degrees, counter-clockwise positive, after undoing the rotation */
    int reason_count;
    char reasons[VERDICT_REASONS_MAX][REASON_SIZE]; /* no page text, no personal data */
    quality_set quality; /* what is wrong with the scan; of written sides only */
    struct field fields[FIELD_COUNT];
    double ms[STAGE_COUNT];
    char model[MODEL_ID_SIZE];  /* form model or "" */
    char config[MODEL_ID_SIZE]; /* id of cascade configuration and models together */
    char *text;                 /* full text when it was read, UTF-8; NULL otherwise; owned */
};

/* "care_form", …; "none" for TAG_NONE. */
const char *tag_name(enum tag tag);
/* TAG_NONE when the name is unknown. */
enum tag tag_of_name(const char *name);
/* True for care_form, sick_note, cheque, letter, other. */
bool tag_is_written(enum tag tag);
const char *field_name(enum field_name name);
const char *field_state_name(enum field_state state);
const char *stage_name(enum stage stage);

/* Adds a formatted reason; further ones than VERDICT_REASONS_MAX are dropped. */
void verdict_reason(struct verdict *verdict, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

void verdict_set_field(struct verdict *verdict, enum field_name name, enum field_state state,
                       const char *value, struct box box);

/* Cuts the fields' boxes to a page of that many pixels: where a field should lie is computed, and
 * may be off the paper. A box that is all outside becomes unknown. */
void verdict_clip_boxes(struct verdict *verdict, int32_t width, int32_t height);

/* Frees what it owns and empties it. */
void verdict_clear(struct verdict *verdict);

/* A new JSON object (tag, confidence, accepted, rotation, skew, quality, reasons, ms, fields,
 * model, config, text); NULL when memory is short. */
json_t *verdict_to_json(const struct verdict *verdict);

/* The reverse; strict: unknown keys, wrong types, values out of range are ERR_FORMAT. A field that
 * is missing is absent: verdicts that are stored are older than fields that came later. The result
 * owns its memory: verdict_clear. */
int verdict_of_json(const json_t *json, struct verdict *ret_verdict, struct err *err);
