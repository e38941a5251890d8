/*
 * Rows of catalogue, intake and boxes of any bytes: refused, or read and then written back as the
 * very same bytes.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <assert.h>
#include <stdlib.h>

#include "archive/box.h"
#include "archive/intake_row.h"
#include "archive/rows.h"
#include "tests/fuzz/fuzz.h"

static void expect_same(struct packer *written, struct bytes read)
{
    assert(!written->failed);
    assert(bytes_equal(packer_view(written), read));
    packer_free(written);
}

#define ROW(type)                                                                                  \
    static void try_##type(struct bytes bytes)                                                     \
    {                                                                                              \
        struct type row;                                                                           \
        struct packer written = {0};                                                               \
        if (!type##_decode(bytes, &row))                                                           \
            return;                                                                                \
        type##_encode(&written, &row);                                                             \
        expect_same(&written, bytes);                                                              \
    }

ROW(batch_row)
ROW(envelope_row)
ROW(document_row)
ROW(page_row)
ROW(box_row)
ROW(intake_row)
ROW(intake_note)
ROW(box_record)

/* The first byte chooses the kind of row. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const tries[])(struct bytes) = {
        try_batch_row, try_envelope_row, try_document_row, try_page_row,
        try_box_row,   try_intake_row,   try_intake_note,  try_box_record};
    if (size > 0)
        tries[data[0] % (sizeof tries / sizeof *tries)](bytes_of(data + 1, size - 1));
    return 0;
}
