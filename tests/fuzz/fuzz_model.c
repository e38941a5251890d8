/*
 * Form models and verdicts of any bytes: refused with a text, or read and written back unchanged.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <assert.h>

#include "base/scope.h"
#include "classify/form_model.h"
#include "tests/fuzz/fuzz.h"

static void read_model(struct bytes text)
{
    struct err err = {0};
    SCOPED(form_model_free) struct form_model model = {0};
    SCOPED(form_model_free) struct form_model back = {0};
    SCOPED(buf_free) struct buf written = {0};
    if (form_model_read(text, &model, &err) < 0) {
        assert(err.text[0] != '\0');
        return;
    }
    assert(form_model_write(&model, &written, &err) == 0);
    assert(form_model_read(buf_view(&written), &back, &err) == 0);
    assert(back.print.count == model.print.count);
}

static void read_verdict(struct bytes text)
{
    struct err err = {0};
    SCOPED(verdict_clear) struct verdict verdict = {0};
    json_t *json = json_loadb((const char *)text.at, text.len, JSON_ALLOW_NUL, NULL);
    if (json && verdict_of_json(json, &verdict, &err) == 0) {
        json_t *again = verdict_to_json(&verdict);
        assert(again);
        json_decref(again);
    }
    json_decref(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    read_model((struct bytes){data, size});
    read_verdict((struct bytes){data, size});
    return 0;
}
