/*
 * A folder of form models: see models.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "classify/models.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/scope.h"

enum { PATH_SIZE = 4096, MODEL_FILE_MODE = 0644 };

static void closedir_scope(DIR **folder)
{
    if (*folder)
        closedir(*folder);
}

void models_free(struct models *models)
{
    for (size_t i = 0; i < models->count; i++)
        form_model_free(&models->at[i]);
    free(models->at);
    *models = (struct models){0};
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct form_model *)a)->name, ((const struct form_model *)b)->name);
}

static int load_one(const char *folder, const char *file, struct models *models, struct err *err)
{
    char path[PATH_SIZE];
    SCOPED(buf_free) struct buf text = {0};
    snprintf(path, sizeof path, "%s/%s", folder, file);
    if (models->count == MODELS_MAX)
        return err_set(err, ERR_LIMIT, "%s: more than %d form models", folder, MODELS_MAX);
    int rc = file_read(path, MODEL_FILE_LIMIT_BYTES, &text, err);
    if (rc < 0)
        return rc;
    rc = form_model_read(buf_view(&text), &models->at[models->count], err);
    if (rc < 0)
        return err_prefix(err, "%s", path);
    models->count++;
    return 0;
}

static bool is_model_file(const char *name)
{
    size_t len = strlen(name);
    return len > 5 && name[0] != '.' && strcmp(name + len - 5, ".json") == 0;
}

int models_load(const char *folder, struct models *ret_models, struct err *err)
{
    SCOPED(models_free) struct models models = {0};
    *ret_models = models;
    SCOPED(closedir_scope) DIR *names = opendir(folder);
    if (!names)
        return err_errno(err, errno, "%s", folder);
    models.at = calloc(MODELS_MAX, sizeof *models.at);
    if (!models.at)
        return err_set(err, ERR_MEMORY, "%s: no memory for form models", folder);
    for (const struct dirent *entry; (entry = readdir(names));) {
        int rc = is_model_file(entry->d_name) ? load_one(folder, entry->d_name, &models, err) : 0;
        if (rc < 0)
            return rc;
    }
    qsort(models.at, models.count, sizeof *models.at, by_name);
    *ret_models = models;
    models = (struct models){0}; /* handed over */
    return 0;
}

bool models_in_use(const struct models *models, size_t index)
{
    const struct form_model *model = &models->at[index];
    for (size_t i = 0; i < models->count; i++)
        if (form_model_same_form(&models->at[i], model) && !models->at[i].retired &&
            models->at[i].revision > model->revision)
            return false;
    return !model->retired;
}

const struct form_model *models_find(const struct models *models, const char *name)
{
    for (size_t i = 0; i < models->count; i++)
        if (strcmp(models->at[i].name, name) == 0 || strcmp(models->at[i].id, name) == 0)
            return &models->at[i];
    return NULL;
}

int models_next_revision(const struct models *models, const struct form_model *like)
{
    int last = 0;
    for (size_t i = 0; i < models->count; i++)
        if (form_model_same_form(&models->at[i], like) && models->at[i].revision > last)
            last = models->at[i].revision;
    return last + 1;
}

static int write_model(const char *path, const struct form_model *model, struct err *err)
{
    SCOPED(buf_free) struct buf text = {0};
    int rc = form_model_write(model, &text, err);
    return rc < 0 ? rc : file_write(path, MODEL_FILE_MODE, buf_view(&text), err);
}

int models_add(const char *folder, const struct form_model *model, struct err *err)
{
    char path[PATH_SIZE];
    struct stat there;
    snprintf(path, sizeof path, "%s/%s.json", folder, model->name);
    if (stat(path, &there) == 0)
        return err_set(err, ERR_CONFLICT, "%s: this form model exists", path);
    return write_model(path, model, err);
}

static int set_retired(const char *folder, const struct form_model *model, bool retired,
                       struct err *err)
{
    char path[PATH_SIZE];
    struct form_model changed = *model; /* borrows the boxes */
    changed.retired = retired;
    snprintf(path, sizeof path, "%s/%s.json", folder, model->name);
    return write_model(path, &changed, err);
}

int models_retire(const char *folder, const char *name, bool retired, struct err *err)
{
    SCOPED(models_free) struct models models = {0};
    int rc = models_load(folder, &models, err);
    if (rc < 0)
        return rc;
    const struct form_model *model = models_find(&models, name);
    if (!model)
        return err_set(err, ERR_NOT_FOUND, "%s: no form model named %.60s", folder, name);
    return set_retired(folder, model, retired, err);
}

int models_roll_back(const char *folder, const char *name, char ret_name[MODEL_NAME_SIZE],
                     struct err *err)
{
    SCOPED(models_free) struct models models = {0};
    const struct form_model *used = NULL, *before = NULL;
    int rc = models_load(folder, &models, err);
    if (rc < 0)
        return rc;
    const struct form_model *named = models_find(&models, name);
    if (!named)
        return err_set(err, ERR_NOT_FOUND, "%s: no form model named %.60s", folder, name);
    for (size_t i = 0; i < models.count; i++)
        if (form_model_same_form(&models.at[i], named) && models_in_use(&models, i))
            used = &models.at[i];
    for (size_t i = 0; used && i < models.count; i++)
        if (form_model_same_form(&models.at[i], named) && !models.at[i].retired &&
            models.at[i].revision < used->revision &&
            (!before || models.at[i].revision > before->revision))
            before = &models.at[i];
    if (!before)
        return err_set(err, ERR_NOT_FOUND, "form model %.60s: no earlier revision to go back to",
                       name);
    snprintf(ret_name, MODEL_NAME_SIZE, "%s", before->name);
    return set_retired(folder, used, true, err);
}

char *models_explain(const struct form_model *model)
{
    int kinds[LAYOUT_POST + 1] = {0};
    char zones[256] = "", *text = NULL;
    for (size_t i = 0; i < model->print.count; i++)
        kinds[model->boxes[i].kind]++;
    for (int i = 0; i < model->zone_count; i++) {
        size_t len = strlen(zones);
        snprintf(zones + len, sizeof zones - len, "%s%s", i ? ", " : "",
                 field_name(model->zones[i].field));
    }
    if (asprintf(&text,
                 "%s\n  tag %s, cerfa %s, volet %s, revision %d%s\n  learned from %d page(s), "
                 "%.0f x %.0f mm\n  %d words, %d bars, %d rulings, %d posts\n  fields: %s\n",
                 model->id, tag_name(model->tag), *model->cerfa ? model->cerfa : "-",
                 *model->volet ? model->volet : "-", model->revision,
                 model->retired ? ", retired" : "", model->samples, model->print.width,
                 model->print.height, kinds[LAYOUT_WORD], kinds[LAYOUT_BAR], kinds[LAYOUT_RULE],
                 kinds[LAYOUT_POST], *zones ? zones : "-") < 0)
        return NULL;
    return text;
}
