/*
 * The live view: see run_view.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "workers/run_view.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "workers/french.h"

enum {
    TERMINAL_MS = 500, /* between two drawings on a terminal */
    PIPE_MS = 5000,    /* between two lines in a pipe */
    BAR_WIDTH = 30,    /* characters */
    BAD_SCANS_DRAWN = 3
};

static const struct {
    const char *tag, *word;
} words[] = {
    {"care_form", "feuilles de soins"},
    {"sick_note", "arrêts de travail"},
    {"cheque", "chèques"},
    {"letter", "lettres"},
    {"other", "autres"},
};

void run_view_start(struct run_view *view)
{
    *view = (struct run_view){.terminal = isatty(STDERR_FILENO), .started_ms = clock_mono_ms()};
}

static double number(const json_t *object, const char *name)
{
    return (double)json_integer_value(json_object_get(object, name));
}

/* Rate smoothed over some drawings. */
static double smooth(double old, double pages, double seconds)
{
    double now = seconds > 0 ? pages / seconds : 0;
    return old > 0 ? 0.8 * old + 0.2 * now : now;
}

static void line(struct run_view *view, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, "\033[K\n");
    view->lines++;
}

static void draw_capture(struct run_view *view, const json_t *capture)
{
    double sheets = number(capture, "sheets"), expected = number(capture, "expected");
    char bar[BAR_WIDTH + 1];
    int full = expected > 0 ? (int)(sheets / expected * BAR_WIDTH) : 0;
    for (int i = 0; i < BAR_WIDTH; i++)
        bar[i] = i < full ? '#' : '.';
    bar[BAR_WIDTH] = '\0';
    if (!capture)
        line(view, "  capture     en préparation");
    else if (expected > 0)
        line(view, "  capture     [%s] %.0f / %.0f feuilles, %.0f faces", bar, sheets, expected,
             number(capture, "pages"));
    else
        line(view, "  capture     %.0f feuilles, %.0f faces", sheets, number(capture, "pages"));
}

static void draw_lanes(struct run_view *view, const json_t *lanes, double seconds)
{
    size_t i;
    json_t *lane;
    json_array_foreach(lanes, i, lane)
    {
        if (i >= VIEW_LANES_MAX)
            break;
        double pages = number(lane, "pages");
        double more = pages >= view->lanes[i].pages ? pages - view->lanes[i].pages : 0;
        view->lanes[i].rate = smooth(view->lanes[i].rate, more, seconds);
        view->lanes[i].pages = pages;
        line(view, "  %-11s %6.0f faces  %5.1f faces/s  %s",
             json_string_value(json_object_get(lane, "worker")), pages, view->lanes[i].rate,
             french_tag(json_string_value(json_object_get(lane, "last_tag"))));
    }
}

static void draw_tags(struct run_view *view, const json_t *types)
{
    char text[300] = "";
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t len = strlen(text);
        snprintf(text + len, sizeof text - len, "%s%s %.0f", i ? "  " : "", words[i].word,
                 number(types, words[i].tag));
    }
    line(view, "  étiquettes  %s", text);
}

/* The latest sheets to be scanned again. */
static void draw_bad_scans(struct run_view *view, const json_t *scans)
{
    char text[BAD_SCAN_TEXT];
    for (size_t i = 0; i < json_array_size(scans) && i < BAD_SCANS_DRAWN; i++)
        line(view, "  à revoir    %s", french_bad_scan(json_array_get(scans, i), text));
}

/* Pages that the source has not given yet, as far as it told how much there is. */
static double still_to_feed(const json_t *capture)
{
    double sheets = number(capture, "sheets"), expected = number(capture, "expected");
    return sheets > 0 && expected > sheets ? (expected - sheets) * number(capture, "pages") / sheets
                                           : 0;
}

static void draw_block(struct run_view *view, const json_t *status, const json_t *capture,
                       double seconds)
{
    double unread = number(status, "unread"), decided = number(status, "pages_decided");
    view->rate =
        smooth(view->rate, decided >= view->decided ? decided - view->decided : 0, seconds);
    view->decided = decided;
    if (view->lines)
        fprintf(stderr, "\033[%dA", view->lines);
    view->lines = 0;
    double elapsed = (double)(clock_mono_ms() - view->started_ms) / 1000;
    line(view, "tripli  %02d:%02d", (int)elapsed / 60, (int)elapsed % 60);
    draw_capture(view, capture);
    draw_lanes(view, json_object_get(status, "lanes"), seconds);
    double to_come = unread + still_to_feed(capture);
    double left = view->rate > 0 ? to_come / view->rate : 0;
    line(view, "  à lire      %.0f faces, %.1f faces/s, encore %.0f s", unread, view->rate, left);
    draw_tags(view, json_object_get(status, "by_type"));
    line(view, "  classées    %.0f faces, %.0f plis;  blanches %.0f;  séparateurs %.0f",
         number(status, "filed"), number(status, "envelopes_filed"), number(status, "blank"),
         number(status, "separators"));
    line(view, "  à coder     %.0f;  en quarantaine %.0f;  en attente %.0f",
         number(status, "to_code"), number(status, "quarantined"), number(status, "waiting"));
    draw_bad_scans(view, json_object_get(status, "bad_scans"));
    const char *trouble = json_string_value(json_object_get(status, "trouble"));
    line(view, "%s%s", trouble && trouble[0] ? "  ARRÊT : " : "", trouble ? trouble : "");
    fprintf(stderr, "\033[J");
}

static void print_line(const json_t *status, const json_t *capture)
{
    fprintf(stderr,
            "tripli: %.0f feuilles, %.0f faces reçues, %.0f à lire, %.0f classées, %.0f blanches, "
            "%.0f à coder, %.0f en quarantaine\n",
            number(capture, "sheets"), number(status, "pages_accepted"), number(status, "unread"),
            number(status, "filed"), number(status, "blank"), number(status, "to_code"),
            number(status, "quarantined"));
}

void run_view_draw(struct run_view *view, const json_t *status, const json_t *capture, bool last)
{
    int64_t now = clock_mono_ms();
    int64_t since = now - view->drawn_ms;
    if (!last && view->drawn_ms && since < (view->terminal ? TERMINAL_MS : PIPE_MS))
        return;
    if (!status)
        return;
    view->drawn_ms = now;
    if (view->terminal)
        draw_block(view, status, capture, (double)since / 1000);
    else
        print_line(status, capture);
}

void run_view_report(const json_t *report)
{
    const json_t *types = json_object_get(report, "by_type");
    fprintf(stderr, "\n%.0f feuilles lues, %.0f faces reçues en %.0f s (%.0f plis/h)\n",
            number(report, "sheets_fed"), number(report, "pages_accepted"),
            json_number_value(json_object_get(report, "seconds")),
            json_number_value(json_object_get(report, "envelopes_per_hour")));
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        fprintf(stderr, "  %6.0f  %s\n", number(types, words[i].tag), words[i].word);
    fprintf(stderr, "  %6.0f  faces blanches\n  %6.0f  séparateurs\n", number(report, "blank"),
            number(report, "separators"));
    fprintf(stderr,
            "%.0f plis, dont %.0f classés en %.0f documents\n"
            "faces à coder %.0f, en quarantaine %.0f, qui attendent le reste de leur pli %.0f\n",
            number(report, "envelopes"), number(report, "envelopes_filed"),
            number(report, "documents"), number(report, "to_code"), number(report, "quarantined"),
            number(report, "waiting"));
    if (number(report, "to_code") > 0)
        fprintf(stderr, "à faire : tripli code\n");
}
