/*
 * Finding and reading a model: see model_file.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ocr/model_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/scope.h"

/* The largest published model has 55 MB. */
enum { MODEL_LIMIT_BYTES = 128 << 20 };

/* Debian's folder for Tesseract 5; TESSDATA_PREFIX stands before it, as for Tesseract itself. */
static const char default_model_dir[] = "/usr/share/tesseract-ocr/5/tessdata";

int ocr_model_read(const struct ocr_params *params, struct buf *ret_model, struct err *err)
{
    const char *prefix = getenv("TESSDATA_PREFIX");
    const char *folder = params->model_dir ? params->model_dir
                         : prefix          ? prefix
                                           : default_model_dir;
    SCOPED(scope_free) char *path = NULL;
    int rc;

    if (strspn(params->language, "abcdefghijklmnopqrstuvwxyz_") != strlen(params->language))
        return err_set(err, ERR_CONFIG, "language '%.20s' is not the name of one model",
                       params->language);
    if (asprintf(&path, "%s/%s.traineddata", folder, params->language) < 0) {
        path = NULL;
        return err_set(err, ERR_MEMORY, "no memory for a path");
    }
    rc = file_read(path, MODEL_LIMIT_BYTES, ret_model, err);
    if (rc == ERR_NOT_FOUND)
        return err_set(err, ERR_NOT_FOUND, "%s is missing: install the package tesseract-ocr-%s",
                       path, params->language);
    return rc;
}
