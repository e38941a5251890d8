/*
 * Which end of a page is read, with an engine that answers by a script: what the deadline cuts
 * short changes nothing, and a turn that reading made overrules the one that a mark had named.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "classify/page_text.h"

#include <allheaders.h>
#include <string.h>

#include "base/scope.h"
#include "ocr/engine.h"
#include "tests/check.h"
#include "tests/page_fixture.h"

enum { WORDS = 60, ANSWERS_MOST = 4 };

/* What the engine says: letters one by one, or words. */
struct answer {
    const char *word;
    float confidence;
    int rc;
};

static const struct answer *answers;
static size_t asked;

/* The linker puts it before ocr_read (tests/meson.build). */
int __wrap_ocr_read(struct ocr *ocr, const struct ocr_request *request, struct ocr_text *ret_text,
                    struct err *err);
int __wrap_ocr_read(struct ocr *ocr, const struct ocr_request *request, struct ocr_text *ret_text,
                    struct err *err)
{
    (void)ocr;
    (void)request;
    assert_true(asked < ANSWERS_MOST && answers[asked].word);
    const struct answer *answer = &answers[asked++];
    *ret_text = (struct ocr_text){.confidence = answer->confidence};
    for (int i = 0; i < WORDS; i++) {
        struct ocr_word word = {.text = strdup(answer->word), .box = {0, 0, 20, 10}};
        assert_non_null(word.text);
        check_ok(ocr_text_add(ret_text, &word, err), err);
    }
    return answer->rc < 0 ? err_set(err, answer->rc, "as the script says") : 0;
}

/* A typed page whose top is down, as the layout thinks, and at its left, as a mark said. */
struct room {
    struct classifier classifier;
    struct verdict verdict;
    struct reading reading;
    struct page_text page;
};

static void read_page(struct room *room, const struct answer script[ANSWERS_MOST])
{
    struct err err = {0};
    struct Pix *page = fixture_letter();
    struct layout_params params = {.page = page, .turn = 0};
    *room = (struct room){.reading = {.classifier = &room->classifier,
                                      .verdict = &room->verdict,
                                      .reduced = page,
                                      .full = pixClone(page),
                                      .rotation = 90,
                                      .flipped = true,
                                      .look.typed = true,
                                      .turn_is_text = true}};
    check_ok(layout_read(&params, &room->reading.layout, &err), &err);
    answers = script;
    asked = 0;
    check_ok(page_text_read(&room->reading, &room->page, &err), &err);
}

static void leave(struct room *room)
{
    page_text_free(&room->page);
    verdict_clear(&room->verdict);
    layout_free(&room->reading.layout);
    pixDestroy(&room->reading.grey);
    pixDestroy(&room->reading.full);
    pixDestroy(&room->reading.reduced);
}

static void what_the_deadline_cuts_short_leaves_the_first_reading(void **state)
{
    static const struct answer scripts[][ANSWERS_MOST] = {
        {{"a", 0.7f, 0}, {"lettre", 0.9f, ERR_TIMEOUT}},
        {{"a", 0.7f, 0}, {"lettre", 0.9f, 0}, {"lettre", 0.9f, ERR_TIMEOUT}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) {
        struct room room;
        read_page(&room, scripts[i]);
        assert_int_equal(asked, i + 2);
        assert_int_equal(room.reading.layout.rotation, 0);
        assert_true(room.reading.flipped);
        assert_int_equal(room.reading.rotation, 90);
        assert_int_equal(room.page.text.count, WORDS);
        assert_string_equal(room.page.text.words[0].text, "a");
        assert_int_equal(room.verdict.reason_count, 0);
        leave(&room);
    }
}

static void ends_that_read_no_better_change_nothing(void **state)
{
    static const struct answer script[ANSWERS_MOST] = {
        {"a", 0.7f, 0}, {"lettre", 0.8f, 0}, {"a", 0.9f, 0}};
    struct room room;
    (void)state;
    read_page(&room, script);
    assert_int_equal(room.reading.layout.rotation, 0);
    assert_true(room.reading.flipped);
    assert_int_equal(room.reading.rotation, 90);
    assert_string_equal(room.page.text.words[0].text, "a");
    leave(&room);
}

static void the_end_that_reads_better_overrules_the_turn_of_a_mark(void **state)
{
    static const struct answer script[ANSWERS_MOST] = {
        {"a", 0.7f, 0}, {"lettre", 0.9f, 0}, {"a", 0.5f, 0}, {"madame", 0.95f, 0}};
    struct room room;
    (void)state;
    read_page(&room, script);
    assert_int_equal(room.reading.layout.rotation, 90);
    assert_false(room.reading.flipped);
    assert_int_equal(room.reading.rotation, -1);
    assert_string_equal(room.page.text.words[0].text, "madame");
    assert_int_equal(room.verdict.reason_count, 1);
    leave(&room);
}

int main(void)
{
    setMsgSeverity(L_SEVERITY_NONE);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_deadline_cuts_short_leaves_the_first_reading),
        cmocka_unit_test(ends_that_read_no_better_change_nothing),
        cmocka_unit_test(the_end_that_reads_better_overrules_the_turn_of_a_mark),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
