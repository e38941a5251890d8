/*
 * Resources that end with their scope: `SCOPED(buf_free) struct buf image = {0};` calls
 * buf_free(&image) on every way out. Works with any function that takes a pointer to the variable.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SCOPED(destructor) __attribute__((cleanup(destructor)))

/* `SCOPED(scope_free) char *text = …;` */
static inline void scope_free(void *pointer_to_pointer)
{
    free(*(void **)pointer_to_pointer);
}

/* `SCOPED(scope_close) int fd = open(…);` — a negative descriptor is left alone. */
static inline void scope_close(const int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

static inline void scope_fclose(FILE **file)
{
    if (*file)
        fclose(*file);
}
