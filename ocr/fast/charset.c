/*
 * The characters of a model and the classes of its softmax: see model.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/scope.h"
#include "ocr/fast/cursor.h"
#include "ocr/fast/model.h"

enum { CHARS_MAX = 1024 }; /* Latin models have some 140 */

/* The next line, without its end. */
static bool next_line(struct bytes *text, struct bytes *ret_line)
{
    if (text->len == 0)
        return false;
    const uint8_t *end = memchr(text->at, '\n', text->len);
    size_t len = end ? (size_t)(end - text->at) : text->len;
    *ret_line = bytes_of(text->at, len);
    len += end ? 1 : 0;
    *text = bytes_of(text->at + len, text->len - len);
    return true;
}

static bool read_char(struct bytes line, struct fast_char *ret_char)
{
    char text[64];
    snprintf(text, sizeof text, "%.*s", (int)(line.len < 63 ? line.len : 63),
             (const char *)line.at);
    if (sscanf(text, "%24s %x", ret_char->utf8, &ret_char->properties) != 2)
        return false;
    if (strcmp(ret_char->utf8, "NULL") == 0)
        snprintf(ret_char->utf8, sizeof ret_char->utf8, " ");
    return true;
}

static int read_chars(struct bytes text, struct fast_charset *charset, struct err *err)
{
    struct bytes line;
    char number[16] = "";
    if (next_line(&text, &line))
        snprintf(number, sizeof number, "%.*s", (int)(line.len < 15 ? line.len : 15),
                 (const char *)line.at);
    long count = strtol(number, NULL, 10);
    if (count < 4 || count > CHARS_MAX)
        return err_set(err, ERR_FORMAT, "model: %ld characters, 4 to %d", count, CHARS_MAX);
    charset->chars = calloc((size_t)count, sizeof *charset->chars);
    if (!charset->chars)
        return err_set(err, ERR_MEMORY, "no memory for characters");
    charset->count = (int)count;
    for (int i = 0; i < charset->count; i++)
        if (!next_line(&text, &line) || !read_char(line, &charset->chars[i]))
            return err_set(err, ERR_FORMAT, "model: character %d of %ld is damaged", i, count);
    return 0;
}

/* One class for each character: what needs several (Chinese, Hangul) is not known here. */
static int read_codes(struct bytes part, struct fast_charset *charset, struct err *err)
{
    struct cursor from = {.left = part};
    uint32_t count = cursor_u32(&from);
    if (count != (uint32_t)charset->count)
        return err_set(err, ERR_FORMAT, "model: %u codes for %d characters", count, charset->count);
    charset->id_of_code = malloc(CHARS_MAX * sizeof *charset->id_of_code);
    if (!charset->id_of_code)
        return err_set(err, ERR_MEMORY, "no memory for codes");
    for (int i = 0; i < CHARS_MAX; i++)
        charset->id_of_code[i] = -1;
    for (int id = 0; id < charset->count; id++) {
        cursor_u8(&from); /* self-normalised */
        int32_t length = cursor_i32(&from), code = cursor_i32(&from);
        if (from.bad || length != 1 || code < 0 || code >= CHARS_MAX)
            return err_set(err, ERR_FORMAT, "model: character %d has no single code", id);
        if (charset->id_of_code[code] < 0)
            charset->id_of_code[code] = id;
        charset->code_count = code + 1 > charset->code_count ? code + 1 : charset->code_count;
    }
    return 0;
}

int fast_charset_read(struct bytes chars, struct bytes codes, struct fast_charset *ret_charset,
                      struct err *err)
{
    *ret_charset = (struct fast_charset){0};
    if (chars.len == 0 || codes.len == 0)
        return err_set(err, ERR_FORMAT, "model: its characters lie inside the network");
    int rc = read_chars(chars, ret_charset, err);
    if (rc == 0)
        rc = read_codes(codes, ret_charset, err);
    if (rc < 0)
        fast_charset_free(ret_charset);
    return rc;
}

void fast_charset_free(struct fast_charset *charset)
{
    free(charset->chars);
    free(charset->id_of_code);
    *charset = (struct fast_charset){0};
}
