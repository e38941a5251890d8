/*
 * The form models of a folder, one file each. Of each form (type, version, volet) the highest
 * revision that is not retired is in use; nothing is ever overwritten, so that a verdict's model id
 * can always be explained.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "base/bytes.h"
#include "classify/form_model.h"

enum { MODELS_MAX = 200 }; /* files of one folder */

struct models {
    struct form_model *at; /* sorted by name */
    size_t count;
};

/* Reads every *.json of the folder; a damaged one is an error that names it. */
int models_load(const char *folder, struct models *ret_models, struct err *err);
void models_free(struct models *models);

/* True when this model is the one in use for its form. */
bool models_in_use(const struct models *models, size_t index);

/* By name or id; NULL when there is none. */
const struct form_model *models_find(const struct models *models, const char *name);

/* The next free revision of the model's form. */
int models_next_revision(const struct models *models, const struct form_model *like);

/* Writes a new model as <folder>/<name>.json; ERR_CONFLICT when there is one of that name. */
int models_add(const char *folder, const struct form_model *model, struct err *err);

/* Takes a model out of use, or back into it. ERR_NOT_FOUND. */
int models_retire(const char *folder, const char *name, bool retired, struct err *err);

/* Retires the revision in use of the form that `name` (of any revision) belongs to, so that the one
 * before it is in use again. ERR_NOT_FOUND when there is none before. Writes the name of the
 * one now in use. */
int models_roll_back(const char *folder, const char *name, char ret_name[MODEL_NAME_SIZE],
                     struct err *err);

/* A few lines for a person: what the model is made of and what it can read. Owned by the caller;
 * NULL when memory is short. */
char *models_explain(const struct form_model *model);
