/*
 * Header frames of any bytes: refused with a text, or a message of a known kind whose own header is
 * read back and written as the very same text.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "tests/fuzz/fuzz.h"
#include "wire/message.h"

static void write_back(const struct message *message)
{
    SCOPED(message_clear) struct message again = {0};
    struct err err = {0};
    SCOPED(scope_free) char *text = message_write(message);
    assert(text);
    assert(message_read(bytes_of(text, strlen(text)), &again, &err) == 0);
    SCOPED(scope_free) char *same = message_write(&again);
    assert(same && strcmp(text, same) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    SCOPED(message_clear) struct message message = {0};
    struct err err = {0};
    if (message_read((struct bytes){data, size}, &message, &err) < 0) {
        assert(err.text[0] != '\0');
        return 0;
    }
    assert(message.kind >= 0 && message.kind < MESSAGE_KIND_COUNT);
    write_back(&message);
    return 0;
}
