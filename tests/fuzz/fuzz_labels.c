/*
 * Labels files of any bytes (docs/mail-generator.md): refused with a text, or pages whose fields
 * lie within the file.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "base/file.h"
#include "base/scope.h"
#include "bench/labelled/pages.h"
#include "tests/fuzz/fuzz.h"

static void check_page(const struct labelled_pages *pages, const struct labelled_page *page)
{
    assert(page->truth > TAG_NONE && page->truth < TAG_COUNT);
    assert(strlen(page->path) + strlen(page->rotation) + strlen(page->nir) <= pages->text.len);
    assert(memchr(page->group, '\0', sizeof page->group));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    SCOPED(scope_close) int fd = memfd_create("fuzz", MFD_CLOEXEC);
    SCOPED(labelled_pages_free) struct labelled_pages pages = {0};
    struct err err = {0};
    char path[64];
    if (fd < 0 || file_write_all(fd, (struct bytes){data, size}, "fuzz", &err) < 0)
        return 0;
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (labelled_pages_read(path, NULL, &pages, &err) < 0) {
        assert(err.text[0] != '\0');
        return 0;
    }
    for (size_t i = 0; i < pages.count; i++)
        check_page(&pages, &pages.at[i]);
    return 0;
}
