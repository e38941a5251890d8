/*
 * The cascade: one page in, one verdict out. Cheap tests first, OCR only where they do not decide.
 * Same bytes + same models + same configuration = same verdict (timings apart).
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "base/bytes.h"
#include "base/err.h"
#include "classify/verdict.h"

struct ocr;
struct classifier;
struct evidence;

struct classifier_params {
    const char *config_path; /* config/classify.conf */
    const char *models_dir;  /* folder of form models, config/models */
    struct ocr *ocr; /* borrowed for the classifier's life; NULL: no stage that needs text */
};

/* Reads configuration and models; ERR_CONFIG names file and line. Opens no file afterwards. */
int classifier_open(const struct classifier_params *params, struct classifier **ret_classifier,
                    struct err *err);
void classifier_free(struct classifier **classifier);

struct classify_page {
    struct bytes file;    /* image file as kept */
    unsigned page;        /* from 1 */
    int deadline_ms;      /* for all stages together, 0 = none; a page over it gets what was found,
                             not accepted, with a reason */
    quality_set captured; /* what capture saw of it; joins the findings of a written side */
    struct evidence *ret_evidence; /* borrowed, filled when the page was read; NULL: not wanted */
};

/* Errors are those of decoding; whatever decodes gets a verdict. `ret_verdict` is for
 * verdict_clear. */
int classifier_read(struct classifier *classifier, const struct classify_page *page,
                    struct verdict *ret_verdict, struct err *err);
