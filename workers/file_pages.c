/*
 * The pages of an image file: see file_pages.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "workers/file_pages.h"

#include "image/encode.h"
#include "wire/message.h"

int file_page_cut(struct bytes file, unsigned page, struct file_page *ret_page, struct err *err)
{
    *ret_page = (struct file_page){.image = file};
    int rc = image_header_read(file, page, &ret_page->header, err);
    if (rc == 0 && ret_page->header.pages > 1) {
        rc = image_split(file, page, &ret_page->cut, err);
        ret_page->image = buf_view(&ret_page->cut);
    }
    if (rc == 0 && ret_page->image.len > WIRE_PAYLOAD_LIMIT_BYTES)
        rc = err_set(err, ERR_LIMIT, "page %u: %zu bytes, at most %d", page, ret_page->image.len,
                     WIRE_PAYLOAD_LIMIT_BYTES);
    if (rc < 0)
        buf_free(&ret_page->cut);
    return rc;
}

json_t *file_page_record(const struct digest *whole_file, const struct image_header *header,
                         unsigned page)
{
    char hex[DIGEST_HEX_SIZE];
    return json_pack("{s:s, s:s, s:i, s:i, s:i, s:i, s:f, s:f}", "file_digest",
                     digest_hex(whole_file, hex), "format", image_format_name(header->format),
                     "file_page", (int)page, "file_pages", (int)header->pages, "width",
                     (int)header->width, "height", (int)header->height, "x_dpi", header->x_dpi,
                     "y_dpi", header->y_dpi);
}
