/*
 * What a partner may send, of any bytes: manifests and message headers are refused with a text, or
 * read; a manifest that was read and is written again is read the same.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <assert.h>
#include <string.h>

#include "base/scope.h"
#include "partners/manifest.h"
#include "tests/fuzz/fuzz.h"
#include "wire/message.h"

static void read_manifest(struct bytes text)
{
    struct err err = {0};
    struct manifest manifest, again;
    SCOPED(buf_free) struct buf written = {0};
    if (manifest_read(text, &manifest, &err) < 0) {
        assert(err.text[0] != '\0');
        manifest_clear(&manifest);
        return;
    }
    assert(manifest.count >= 1 && manifest.count <= MANIFEST_FILES_MAX);
    assert(manifest_write(&manifest, &written, &err) == 0);
    assert(manifest_read(buf_view(&written), &again, &err) == 0);
    assert(again.count == manifest.count && strcmp(again.uuid, manifest.uuid) == 0);
    manifest_clear(&manifest);
    manifest_clear(&again);
}

static void read_header(struct bytes text)
{
    struct err err = {0};
    struct message message;
    if (message_read(text, &message, &err) < 0)
        assert(err.text[0] != '\0');
    message_clear(&message);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    read_manifest(bytes_of(data, size));
    read_header(bytes_of(data, size));
    return 0;
}
