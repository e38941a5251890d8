/*
 * The container of a model: see model.h. A table of offsets, then the parts one after another.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ocr/fast/model.h"

#include <stdlib.h>

#include "base/scope.h"
#include "ocr/fast/cursor.h"

enum part {
    PART_LSTM = 17,
    PART_PUNCTUATION = 18,
    PART_WORDS = 19,
    PART_NUMBERS = 20,
    PART_CHARSET = 21,
    PART_RECODER = 22,
    PARTS_MAX = 64 /* published models have 24 */
};

struct table {
    int64_t offsets[PARTS_MAX]; /* -1: absent */
    uint32_t count;
};

static int read_table(struct bytes file, struct table *ret_table, struct err *err)
{
    struct cursor at = {.left = file};
    ret_table->count = cursor_u32(&at);
    if (ret_table->count > PARTS_MAX)
        return err_set(err, ERR_FORMAT, "model: %u parts, at most %d", ret_table->count, PARTS_MAX);
    for (uint32_t i = 0; i < ret_table->count; i++) {
        int64_t offset = (int64_t)cursor_number(&at, 8);
        if (offset < -1 || offset > (int64_t)file.len)
            at.bad = true;
        ret_table->offsets[i] = offset;
    }
    return at.bad ? err_set(err, ERR_FORMAT, "model: the table of parts is damaged") : 0;
}

/* A part ends where the next one begins; an absent part is empty. */
static struct bytes part_of(struct bytes file, const struct table *table, uint32_t part)
{
    if (part >= table->count || table->offsets[part] < 0)
        return bytes_of(NULL, 0);
    int64_t from = table->offsets[part], until = (int64_t)file.len;
    for (uint32_t i = 0; i < table->count; i++)
        if (table->offsets[i] > from && table->offsets[i] < until)
            until = table->offsets[i];
    return bytes_of(file.at + from, (size_t)(until - from));
}

static int check_codes(const struct fast_model *model, struct err *err)
{
    int classes = model->network.softmax.rows;
    if (model->charset.code_count > classes || model->network.null_code < 0 ||
        model->network.null_code >= classes)
        return err_set(err, ERR_FORMAT, "model: %d codes and null class %d for %d classes",
                       model->charset.code_count, model->network.null_code, classes);
    return 0;
}

static int read_parts(struct fast_model *model, struct err *err)
{
    struct bytes file = buf_view(&model->file);
    struct table table = {0};
    int rc = read_table(file, &table, err);
    if (rc == 0)
        rc = fast_network_read(part_of(file, &table, PART_LSTM), &model->network, err);
    if (rc == 0)
        rc = fast_charset_read(part_of(file, &table, PART_CHARSET),
                               part_of(file, &table, PART_RECODER), &model->charset, err);
    if (rc == 0)
        rc = fast_dawg_read(part_of(file, &table, PART_PUNCTUATION), &model->punctuation, err);
    if (rc == 0)
        rc = fast_dawg_read(part_of(file, &table, PART_WORDS), &model->words, err);
    if (rc == 0)
        rc = fast_dawg_read(part_of(file, &table, PART_NUMBERS), &model->numbers, err);
    return rc == 0 ? check_codes(model, err) : rc;
}

int fast_model_read(struct buf *file, struct fast_model **ret_model, struct err *err)
{
    SCOPED(fast_model_free) struct fast_model *model = calloc(1, sizeof *model);
    if (!model) {
        buf_free(file);
        return err_set(err, ERR_MEMORY, "no memory for a model");
    }
    model->file = *file;
    *file = (struct buf){0};
    int rc = read_parts(model, err);
    if (rc < 0)
        return rc;
    *ret_model = model;
    model = NULL;
    return 0;
}

void fast_model_free(struct fast_model **model)
{
    if (!model || !*model)
        return;
    fast_network_free(&(*model)->network);
    fast_charset_free(&(*model)->charset);
    fast_dawg_free(&(*model)->punctuation);
    fast_dawg_free(&(*model)->words);
    fast_dawg_free(&(*model)->numbers);
    buf_free(&(*model)->file);
    free(*model);
    *model = NULL;
}
