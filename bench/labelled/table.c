/*
 * A row per labelled page: see table.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "bench/labelled/table.h"

#include <errno.h>

static void write_values(FILE *out, const double *values, int count, bool have)
{
    for (int i = 0; i < count; i++)
        if (have)
            fprintf(out, "\t%.4f", values[i]);
        else
            fprintf(out, "\t");
}

static void write_heading(FILE *out)
{
    fprintf(out, "path\ttype\tgroup\ttag\taccepted\tconfidence\tms\tms_text\ttyped");
    for (int i = 0; i < LOOK_WEIGHTS; i++)
        fprintf(out, "\tlook%d", i);
    for (int i = 0; i < TEXT_WEIGHTS; i++)
        fprintf(out, "\ttext%d", i);
    fprintf(out, "\n");
}

static void write_page(FILE *out, const struct labelled_page *page)
{
    const struct verdict *verdict = &page->verdict;
    const struct evidence *evidence = &page->evidence;
    double ms = 0;
    for (int i = 0; i < STAGE_COUNT; i++)
        ms += verdict->ms[i];
    fprintf(out, "%s\t%s\t%s\t%s\t%d\t%.4f\t%.1f\t%.1f\t%d", page->path, tag_name(page->truth),
            page->group, tag_name(verdict->tag), verdict->accepted, verdict->confidence, ms,
            verdict->ms[STAGE_TEXT], evidence->typed);
    write_values(out, evidence->look, LOOK_WEIGHTS, evidence->looked);
    write_values(out, evidence->text, TEXT_WEIGHTS, evidence->read);
    fprintf(out, "\n");
}

int table_write(FILE *out, const struct labelled_pages *pages, struct err *err)
{
    write_heading(out);
    for (size_t i = 0; i < pages->count; i++)
        if (!pages->at[i].refused)
            write_page(out, &pages->at[i]);
    return ferror(out) ? err_errno(err, errno, "table") : 0;
}
