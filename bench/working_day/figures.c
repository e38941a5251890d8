/*
 * Arithmetic and print: see figures.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "bench/working_day/figures.h"

#include <jansson.h>
#include <stdio.h>

static double seconds_of(const struct figures *f)
{
    return (double)(f->end.ms - f->start.ms) / 1000;
}

static long long handled(const struct moment *moment)
{
    return moment->counts.accepted - moment->counts.unread;
}

static double sides_handled(const struct figures *f)
{
    return (double)(handled(&f->end) - handled(&f->start));
}

static double envelopes_handled(const struct figures *f)
{
    return sides_handled(f) * f->batch.envelopes / f->batch.side_count;
}

static double written_handled(const struct figures *f)
{
    return sides_handled(f) * f->batch.written / f->batch.side_count;
}

double figures_envelopes_per_hour(const struct figures *figures)
{
    double seconds = seconds_of(figures);
    return seconds > 0 ? envelopes_handled(figures) * 3600 / seconds : 0;
}

static double written_per_second(const struct figures *f)
{
    double seconds = seconds_of(f);
    return seconds > 0 ? written_handled(f) / seconds : 0;
}

static double yardstick_per_second(const struct figures *f)
{
    return f->yardstick.seconds > 0 ? f->yardstick.pages / f->yardstick.seconds : 0;
}

static double cpu_of(const struct figures *f, int role)
{
    return f->end.use.roles[role].cpu_seconds - f->start.use.roles[role].cpu_seconds;
}

/* 0 / 0 = 0: nothing handled, nothing per page. */
static double per(double amount, double count)
{
    return count > 0 ? amount / count : 0;
}

static void print_rate(const struct figures *f)
{
    double rate = figures_envelopes_per_hour(f);
    printf("window         %.0f s of feeding and reading%s\n", seconds_of(f),
           f->long_enough ? "" : " (SHORTER THAN ASKED: draw more envelopes)");
    printf("batch          %u envelopes, %u sheets: %u written, %u blank, %u separator sides\n",
           f->batch.envelopes, f->batch.sheets, f->batch.written, f->batch.blank,
           f->batch.separators);
    printf("envelopes/h    %.0f, %.2f times the %d that a day of 40 000 needs\n", rate,
           rate / ENVELOPES_PER_HOUR_WANTED, ENVELOPES_PER_HOUR_WANTED);
    printf("filed          %lld envelopes, %lld documents in the window\n",
           f->end.counts.envelopes_filed - f->start.counts.envelopes_filed,
           f->end.counts.documents - f->start.counts.documents);
    printf("to a person    %lld sides to code, %lld in quarantine, of %lld accepted in all\n",
           f->end.counts.to_code, f->end.counts.quarantined, f->end.counts.accepted);
}

static void print_roles(const struct figures *f)
{
    double sum = 0;
    printf("\n%-12s %9s %14s %14s %12s %9s %9s\n", "", "processes", "core-s/envel.",
           "core-s/written", "core-s/side", "MB now", "MB peak");
    for (int i = 0; i < ROLES; i++) {
        const struct role_use *use = &f->end.use.roles[i];
        double cpu = cpu_of(f, i);
        sum += cpu;
        printf("%-12s %9u %14.3f %14.4f %12.4f %9.0f %9.0f\n",
               process_role_name((enum process_role)i), use->processes,
               per(cpu, envelopes_handled(f)), per(cpu, written_handled(f)),
               per(cpu, sides_handled(f)), (double)use->rss_bytes / 1e6,
               (double)use->largest_bytes / 1e6);
    }
    printf("%-12s %9s %14.3f %14.4f %12.4f   cores busy: %.2f of %u\n", "all", "",
           per(sum, envelopes_handled(f)), per(sum, written_handled(f)), per(sum, sides_handled(f)),
           per(sum, seconds_of(f)), f->cores);
    printf("%-12s %.0f envelopes/h with all %u cores busy on it\n", "capacity",
           per(3600.0 * f->cores, per(sum, envelopes_handled(f))), f->cores);
}

static void print_stages(const struct figures *f)
{
    printf("\nreader's stages, ms per page (sample of %u written, %u blank)\n%-12s %9s %9s\n",
           f->written_stages.pages, f->blank_stages.pages, "", "written", "blank");
    for (int i = 0; i < STAGE_COUNT; i++)
        printf("%-12s %9.1f %9.1f\n", stage_name((enum stage)i), f->written_stages.ms[i],
               f->blank_stages.ms[i]);
    printf("accepted     %u of %u written pages, %u of them with the right tag\n",
           f->written_stages.accepted, f->written_stages.pages, f->written_stages.right);
    printf("bytes kept   %.0f per written page, %.0f per blank side\n", f->written_bytes,
           f->blank_bytes);
}

void figures_print(const struct figures *figures)
{
    const struct figures *f = figures;
    print_rate(f);
    print_roles(f);
    print_stages(f);
    printf("\ntesseract    %.2f pages/s on %u cores (%u pages, %.2f core-s each, %u failed)\n",
           yardstick_per_second(f), f->cores, f->yardstick.pages,
           per(f->yardstick.cpu_seconds, f->yardstick.pages), f->yardstick.failed);
    printf("tripli       %.2f written pages/s, %.2f times that\n", written_per_second(f),
           per(written_per_second(f), yardstick_per_second(f)));
}

static json_t *roles_json(const struct figures *f)
{
    json_t *roles = json_object();
    for (int i = 0; i < ROLES; i++) {
        const struct role_use *use = &f->end.use.roles[i];
        json_object_set_new(
            roles, process_role_name((enum process_role)i),
            json_pack("{s:i, s:f, s:f, s:f, s:I, s:I}", "processes", (int)use->processes,
                      "core_seconds_per_envelope", per(cpu_of(f, i), envelopes_handled(f)),
                      "core_seconds_per_written_page", per(cpu_of(f, i), written_handled(f)),
                      "core_seconds_per_side", per(cpu_of(f, i), sides_handled(f)), "rss_bytes",
                      (json_int_t)use->rss_bytes, "peak_bytes", (json_int_t)use->largest_bytes));
    }
    return roles;
}

static json_t *stages_json(const struct stage_times *times)
{
    json_t *stages = json_object();
    for (int i = 0; i < STAGE_COUNT; i++)
        json_object_set_new(stages, stage_name((enum stage)i), json_real(times->ms[i]));
    return stages;
}

void figures_print_json(const struct figures *figures)
{
    const struct figures *f = figures;
    double rate = figures_envelopes_per_hour(f);
    json_t *all = json_pack(
        "{s:f, s:b, s:f, s:f, s:f, s:o, s:o, s:o, s:f, s:f, s:f, s:f, s:I, s:I}", "seconds",
        seconds_of(f), "long_enough", (int)f->long_enough, "envelopes_per_hour", rate,
        "multiple_of_5000", rate / ENVELOPES_PER_HOUR_WANTED, "written_pages_per_second",
        written_per_second(f), "processes", roles_json(f), "written_stage_ms",
        stages_json(&f->written_stages), "blank_stage_ms", stages_json(&f->blank_stages),
        "bytes_per_written_page", f->written_bytes, "bytes_per_blank_side", f->blank_bytes,
        "tesseract_pages_per_second", yardstick_per_second(f), "multiple_of_tesseract",
        per(written_per_second(f), yardstick_per_second(f)), "to_code",
        (json_int_t)f->end.counts.to_code, "quarantined", (json_int_t)f->end.counts.quarantined);
    if (all)
        json_dumpf(all, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(all);
}
