/*
 * Starting, asking, stopping: see product.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "bench/working_day/product.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/scope.h"

enum { ANSWER_LIMIT_BYTES = 4 << 20 };

static void exec_product(const struct product *product)
{
    char workers[16];
    int log = open(product->log, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (log >= 0) {
        dup2(log, STDOUT_FILENO);
        dup2(log, STDERR_FILENO);
    }
    snprintf(workers, sizeof workers, "%d", product->workers);
    execl(product->tripli, "tripli", "run", "--hopper", product->hopper, "--data", product->data,
          "--workers", workers, (char *)NULL);
    _exit(127);
}

int product_start(struct product *product, struct err *err)
{
    if (access(product->tripli, X_OK) < 0)
        return err_errno(err, errno, "%s", product->tripli);
    product->pid = fork();
    if (product->pid == 0)
        exec_product(product);
    return product->pid < 0 ? err_errno(err, errno, "fork") : 0;
}

/* Runs the tool and reads what it prints. */
static int run_tool(const char *const arguments[], struct buf *ret_output, struct err *err)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        return err_errno(err, errno, "pipe");
    pid_t child = fork();
    if (child == 0) {
        int nowhere = open("/dev/null", O_WRONLY);
        dup2(ends[1], STDOUT_FILENO);
        dup2(nowhere, STDERR_FILENO);
        execv(arguments[0], (char *const *)arguments);
        _exit(127);
    }
    close(ends[1]);
    char part[4096];
    ssize_t got = 0;
    while (child > 0 && ret_output->len < ANSWER_LIMIT_BYTES &&
           (got = read(ends[0], part, sizeof part)) > 0)
        if (buf_append(ret_output, bytes_of(part, (size_t)got)) < 0)
            break;
    close(ends[0]);
    if (child > 0)
        waitpid(child, NULL, 0);
    return child < 0 ? err_errno(err, errno, "fork") : 0;
}

static int ask_tool(const char *const arguments[], json_t **ret_answer, struct err *err)
{
    SCOPED(buf_free) struct buf output = {0};
    int rc = run_tool(arguments, &output, err);
    if (rc < 0)
        return rc;
    *ret_answer = json_loadb((const char *)output.at, output.len, 0, NULL);
    return *ret_answer
               ? 0
               : err_set(err, ERR_UNAVAILABLE, "%s %s gives no answer", arguments[0], arguments[1]);
}

static long long number(const json_t *object, const char *name)
{
    return (long long)json_integer_value(json_object_get(object, name));
}

int product_ask(const struct product *product, struct product_counts *ret_counts, struct err *err)
{
    const char *const arguments[] = {product->tripli, "status",      "--json",
                                     "--data",        product->data, NULL};
    json_t *answer = NULL;
    int rc = ask_tool(arguments, &answer, err);
    if (rc < 0)
        return rc;
    *ret_counts = (struct product_counts){.accepted = number(answer, "pages_accepted"),
                                          .unread = number(answer, "unread"),
                                          .filed = number(answer, "filed"),
                                          .blank = number(answer, "blank"),
                                          .separators = number(answer, "separators"),
                                          .to_code = number(answer, "to_code"),
                                          .quarantined = number(answer, "quarantined"),
                                          .waiting = number(answer, "waiting"),
                                          .envelopes_filed = number(answer, "envelopes_filed"),
                                          .documents = number(answer, "documents")};
    json_decref(answer);
    return 0;
}

bool product_ended(struct product *product)
{
    if (product->pid > 0 && waitpid(product->pid, NULL, WNOHANG) == product->pid)
        product->pid = 0;
    return product->pid <= 0;
}

void product_stop(struct product *product)
{
    if (product->pid <= 0)
        return;
    kill(product->pid, SIGTERM);
    waitpid(product->pid, NULL, 0);
    product->pid = 0;
}

int product_pages(const struct product *product, const char *const files[], unsigned count,
                  json_t **ret_pages, struct err *err)
{
    SCOPED(buf_free) struct buf output = {0};
    SCOPED(scope_free) const char **arguments = calloc(count + 4, sizeof *arguments);
    if (!arguments)
        return err_set(err, ERR_MEMORY, "no memory for %u paths", count);
    arguments[0] = product->tripli;
    arguments[1] = "page";
    arguments[2] = "--json";
    memcpy(arguments + 3, files, count * sizeof *files);
    int rc = run_tool(arguments, &output, err);
    if (rc < 0)
        return rc;
    json_t *pages = json_array();
    size_t at = 0;
    json_error_t end;
    for (json_t *page; at < output.len; at += (size_t)end.position) {
        page =
            json_loadb((const char *)output.at + at, output.len - at, JSON_DISABLE_EOF_CHECK, &end);
        if (!page)
            break;
        json_array_append_new(pages, page);
    }
    *ret_pages = pages;
    return 0;
}
