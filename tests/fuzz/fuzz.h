/*
 * What every fuzz target includes. A target is one file that defines LLVMFuzzerTestOneInput over
 * one reader of foreign bytes; libFuzzer finds inputs, replay.c repeats those kept in the corpus.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Feeds one input to the code under test. Returns 0; what must not happen, crashes. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
