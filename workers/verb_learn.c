/*
 * tripli learn TYPE FILE…: a form model from one blank or a few filled samples, put beside the
 * others. A new type is known from then on; workers read the models when they start.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/file.h"
#include "base/scope.h"
#include "classify/learn.h"
#include "classify/models.h"
#include "image/decode.h"
#include "image/header.h"
#include "workers/verb.h"

struct learn_verb {
    struct program program;
    bool json;
    const char *type, *cerfa, *volet;
    int turn;
    char **files;
    int file_count;
};

static const struct argp_option options[] = {
    {"cerfa", 'C', "NUMBER", 0, "Cerfa number and version, as 10170*06", 0},
    {"volet", 'V', "N", 0, "volet", 0},
    {"turn", 'u', "DEGREES", 0, "how far the first file is turned, counter-clockwise", 0},
    {"json", 'j', NULL, 0, "the new model's name and id as JSON", 0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct learn_verb *verb = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &verb->program;
        return 0;
    case 'C':
        verb->cerfa = arg;
        return 0;
    case 'V':
        verb->volet = arg;
        return 0;
    case 'u':
        if (sscanf(arg, "%d", &verb->turn) != 1 || verb->turn % 90 != 0)
            argp_error(state, "--turn: 0, 90, 180 or 270 is wanted");
        return 0;
    case 'j':
        verb->json = true;
        return 0;
    case ARGP_KEY_ARGS:
        verb->type = state->argv[state->next];
        verb->files = state->argv + state->next + 1;
        verb->file_count = state->argc - state->next - 1;
        return 0;
    case ARGP_KEY_END:
        if (verb->file_count < 1 || verb->file_count > LEARN_SAMPLES_MAX)
            argp_error(state, "a type and 1 to %d files are wanted", LEARN_SAMPLES_MAX);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static int load_page(const char *path, struct Pix **ret_page, struct err *err)
{
    SCOPED(buf_free) struct buf file = {0};
    int rc = file_read(path, IMAGE_FILE_LIMIT_BYTES, &file, err);
    if (rc < 0)
        return rc;
    rc = image_decode(buf_view(&file), &IMAGE_DECODE_DEFAULT, ret_page, err);
    return rc < 0 ? err_prefix(err, "%s", path) : 0;
}

static int add(const struct learn_verb *verb, struct form_model *model, struct err *err)
{
    char folder[PLACE_SIZE + 16];
    struct models models = {0};
    snprintf(folder, sizeof folder, "%s/models", verb->program.place.config);
    int rc = models_load(folder, &models, err);
    if (rc == 0) {
        model->revision = models_next_revision(&models, model);
        rc = form_model_seal(model, err);
    }
    if (rc == 0)
        rc = models_add(folder, model, err);
    models_free(&models);
    return rc;
}

static void tell(const struct learn_verb *verb, const struct form_model *model)
{
    if (verb->json)
        verb_print(json_pack("{s:s, s:s}", "name", model->name, "id", model->id));
    else
        printf("%s learnt from %d files (id %s).\nReaders that start from now on know it; running "
               "workers after their restart.\n",
               model->name, verb->file_count, model->id);
}

static int learn(const struct learn_verb *verb, struct err *err)
{
    struct Pix *pages[LEARN_SAMPLES_MAX] = {0};
    struct form_model model = {0};
    int rc = 0;
    for (int i = 0; rc == 0 && i < verb->file_count; i++)
        rc = load_page(verb->files[i], &pages[i], err);
    const struct learn_params params = {.type = verb->type,
                                        .cerfa = verb->cerfa,
                                        .volet = verb->volet,
                                        .pages = (const struct Pix *const *)pages,
                                        .page_count = (size_t)verb->file_count,
                                        .turn = verb->turn};
    if (rc == 0)
        rc = learn_form(&params, &model, err);
    if (rc == 0)
        rc = add(verb, &model, err);
    if (rc == 0)
        tell(verb, &model);
    form_model_free(&model);
    for (int i = 0; i < verb->file_count; i++)
        image_free(&pages[i]);
    return rc;
}

int verb_learn(int argc, char **argv)
{
    static const struct argp_child children[] = {{&program_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {
        options,
        parse,
        "TYPE FILE...",
        "Makes a form model, or a new revision of it, from one blank form or from a few filled "
        "ones. TYPE: care_form, sick_note, or a new name.",
        children,
        NULL,
        NULL};
    struct learn_verb verb = {0};
    struct err err = {0};
    int status = verb_start(&argp, argc, argv, &verb.program);
    if (status != 0)
        return status;
    int rc = learn(&verb, &err);
    return verb_end(&verb.program, rc, &err);
}
