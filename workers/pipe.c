/*
 * Framed JSON and bytes over a stream socket: see pipe.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "workers/pipe.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int send_all(int fd, struct bytes data, struct err *err)
{
    size_t done = 0;
    while (done < data.len) {
        ssize_t put = send(fd, data.at + done, data.len - done, MSG_NOSIGNAL);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return err_set(err, ERR_UNAVAILABLE, "reader: send: %s", strerror(errno));
        done += (size_t)put;
    }
    return 0;
}

static int receive_all(int fd, void *to, size_t len, struct err *err)
{
    size_t done = 0;
    while (done < len) {
        ssize_t got = read(fd, (char *)to + done, len - done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_set(err, ERR_UNAVAILABLE, "reader: receive: %s", strerror(errno));
        if (got == 0)
            return err_set(err, ERR_UNAVAILABLE, "reader: other side has ended");
        done += (size_t)got;
    }
    return 0;
}

int pipe_send(int fd, const json_t *json, struct bytes payload, struct err *err)
{
    char *text = json_dumps(json, JSON_COMPACT);
    if (!text)
        return err_set(err, ERR_MEMORY, "reader: no memory");
    uint32_t sizes[2] = {(uint32_t)strlen(text), (uint32_t)payload.len};
    int rc = send_all(fd, bytes_of(sizes, sizeof sizes), err);
    if (rc == 0)
        rc = send_all(fd, bytes_of(text, sizes[0]), err);
    if (rc == 0)
        rc = send_all(fd, payload, err);
    free(text);
    return rc;
}

static int receive_json(int fd, uint32_t len, json_t **ret_json, struct err *err)
{
    char *text = malloc(len ? len : 1);
    if (!text)
        return err_set(err, ERR_MEMORY, "reader: no memory for %u bytes", len);
    int rc = receive_all(fd, text, len, err);
    if (rc == 0 && !(*ret_json = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL)))
        rc = err_set(err, ERR_PROTOCOL, "reader: not JSON");
    free(text);
    return rc;
}

int pipe_receive(int fd, json_t **ret_json, struct buf *ret_payload, struct err *err)
{
    uint32_t sizes[2];
    *ret_json = NULL;
    int rc = receive_all(fd, sizes, sizeof sizes, err);
    if (rc < 0)
        return rc;
    if (sizes[0] > PIPE_JSON_LIMIT_BYTES || sizes[1] > PIPE_PAYLOAD_LIMIT_BYTES)
        return err_set(err, ERR_PROTOCOL, "reader: %u and %u bytes announced, at most %d and %d",
                       sizes[0], sizes[1], PIPE_JSON_LIMIT_BYTES, PIPE_PAYLOAD_LIMIT_BYTES);
    rc = receive_json(fd, sizes[0], ret_json, err);
    if (rc < 0 || sizes[1] == 0)
        return rc;
    rc = buf_reserve(ret_payload, sizes[1]);
    if (rc < 0)
        rc = err_set(err, rc, "reader: no memory for %u bytes", sizes[1]);
    if (rc == 0)
        rc = receive_all(fd, ret_payload->at + ret_payload->len, sizes[1], err);
    if (rc == 0)
        ret_payload->len += sizes[1];
    else
        json_decref(*ret_json);
    return rc;
}
