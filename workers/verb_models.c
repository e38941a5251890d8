/*
 * tripli models list | explain NAME | retire NAME | restore NAME | rollback NAME.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "classify/models.h"
#include "workers/verb.h"

struct models_verb {
    struct program program;
    bool json;
    const char *what, *name;
    char folder[PLACE_SIZE + 16];
};

static const struct argp_option options[] = {
    {"json", 'j', NULL, 0, "one JSON object per model", 0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    static const char *const words[] = {"list", "explain", "retire", "restore", "rollback", NULL};
    struct models_verb *verb = state->input;
    int i = 0;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &verb->program;
        return 0;
    case 'j':
        verb->json = true;
        return 0;
    case ARGP_KEY_ARG:
        if (state->arg_num == 0)
            verb->what = arg;
        else
            verb->name = arg;
        return 0;
    case ARGP_KEY_END:
        while (words[i] && (!verb->what || strcmp(words[i], verb->what) != 0))
            i++;
        if (!words[i])
            argp_error(state, "list, explain, retire, restore or rollback is wanted");
        else if (i > 0 && !verb->name)
            argp_error(state, "%s: which model?", verb->what);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static int list(const struct models_verb *verb, const struct models *models)
{
    for (size_t i = 0; i < models->count; i++) {
        const struct form_model *model = &models->at[i];
        bool used = models_in_use(models, i);
        if (verb->json)
            verb_print(json_pack("{s:s, s:s, s:s, s:b}", "name", model->name, "id", model->id,
                                 "type", model->type, "in_use", used));
        else
            printf("%-32s %s  %s\n", model->name, used ? "in use" : "idle  ", model->id);
    }
    return 0;
}

static int explain(const struct models_verb *verb, const struct models *models, struct err *err)
{
    const struct form_model *model = models_find(models, verb->name);
    if (!model)
        return err_set(err, ERR_NOT_FOUND, "model '%s': there is none of that name or id",
                       verb->name);
    char *text = models_explain(model);
    if (text)
        printf("%s", text);
    free(text);
    return 0;
}

static int read_models(const struct models_verb *verb, struct err *err)
{
    struct models models = {0};
    int rc = models_load(verb->folder, &models, err);
    if (rc == 0)
        rc = strcmp(verb->what, "list") == 0 ? list(verb, &models) : explain(verb, &models, err);
    models_free(&models);
    return rc;
}

static int roll_back(const struct models_verb *verb, struct err *err)
{
    char now[MODEL_NAME_SIZE];
    int rc = models_roll_back(verb->folder, verb->name, now, err);
    if (rc == 0)
        printf("%s is in use again\n", now);
    return rc;
}

int verb_models(int argc, char **argv)
{
    static const struct argp_child children[] = {{&program_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {
        options,
        parse,
        "list\nexplain NAME\nretire NAME\nrestore NAME\nrollback NAME",
        "Form models: of each form the highest revision that is not retired is in use.",
        children,
        NULL,
        NULL};
    struct models_verb verb = {0};
    struct err err = {0};
    int status = verb_start(&argp, argc, argv, &verb.program);
    if (status != 0)
        return status;
    snprintf(verb.folder, sizeof verb.folder, "%s/models", verb.program.place.config);
    int rc;
    if (strcmp(verb.what, "rollback") == 0)
        rc = roll_back(&verb, &err);
    else if (strncmp(verb.what, "re", 2) == 0)
        rc = models_retire(verb.folder, verb.name, strcmp(verb.what, "retire") == 0, &err);
    else
        rc = read_models(&verb, &err);
    return verb_end(&verb.program, rc, &err);
}
