/*
 * A form model: where the print of one volet of one version of a form stands, and where its fields
 * are. Data, never picture: boxes in tenths of a millimetre. Learned by classify/learn.h, kept as
 * one JSON file (docs/schemas.md), never changed afterwards save for being retired.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "base/bytes.h"
#include "base/err.h"
#include "classify/placement.h"
#include "classify/verdict.h"

enum {
    MODEL_TYPE_SIZE = 33,  /* "sick_note", "protocole_de_soins" */
    MODEL_CERFA_SIZE = 12, /* "10170*06" or "" */
    MODEL_VOLET_SIZE = 4,  /* "1" or "" */
    MODEL_NAME_SIZE = 48,  /* file name without .json */
    MODEL_ZONES_MAX = 16,
    MODEL_FILE_LIMIT_BYTES = 1 << 20 /* the largest of ours has 30 KB */
};

/* Where a field of the form is, mm. */
struct form_zone {
    enum field_name field;
    double x, y, width, height;
    int cells; /* boxes of a comb, 0 when it is none */
};

struct form_model {
    char name[MODEL_NAME_SIZE]; /* "sick_note-10170-06-v1-r1": type, version, volet, revision */
    char id[MODEL_ID_SIZE];     /* name, '+', 12 hex digits of the content's digest */
    char type[MODEL_TYPE_SIZE]; /* letters, digits, '_' */
    enum tag tag;               /* the type when it is a tag, otherwise TAG_OTHER */
    char cerfa[MODEL_CERFA_SIZE];
    char volet[MODEL_VOLET_SIZE];
    int revision; /* from 1 */
    int samples;  /* pages it was learned from */
    bool retired; /* kept, not used */
    struct form_print print;
    struct layout_box *boxes; /* what print.boxes points to; owned */
    struct form_zone zones[MODEL_ZONES_MAX];
    int zone_count;
};

/* Fills name and id from the rest; call when a model was made or changed. ERR_MEMORY. */
int form_model_seal(struct form_model *model, struct err *err);

/* Strict: unknown keys, values out of range, a digest that does not match are refused. */
int form_model_read(struct bytes json, struct form_model *ret_model, struct err *err);

/* The file's text; appends. */
int form_model_write(const struct form_model *model, struct buf *ret_json, struct err *err);

void form_model_free(struct form_model *model);

/* True when both are the same volet of the same version of the same type. */
bool form_model_same_form(const struct form_model *a, const struct form_model *b);

/* The zone of a field, NULL when the form has none. */
const struct form_zone *form_model_zone(const struct form_model *model, enum field_name field);
