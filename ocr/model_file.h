/*
 * The file that a language's model lies in.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "base/bytes.h"
#include "ocr/ocr.h"

/* Reads it whole. ERR_NOT_FOUND names the package that brings it, ERR_CONFIG a language that is no
 * name. */
int ocr_model_read(const struct ocr_params *params, struct buf *ret_model, struct err *err);
