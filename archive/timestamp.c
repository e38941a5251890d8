/*
 * RFC 3161 requests: see timestamp.h. Every length is fixed, so DER is a prefix, a hash, a suffix.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "archive/timestamp.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

void timestamp_request(struct bytes stamped, uint8_t ret_request[TIMESTAMP_REQUEST_BYTES])
{
    static const uint8_t before[] = {
        0x30, 0x39,                                                       /* TimeStampReq */
        0x02, 0x01, 0x01,                                                 /* version 1 */
        0x30, 0x31,                                                       /* messageImprint */
        0x30, 0x0d,                                                       /* AlgorithmIdentifier */
        0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, /* id-sha256 */
        0x05, 0x00,                                                       /* no parameters */
        0x04, 0x20                                                        /* hashedMessage */
    };
    static const uint8_t after[] = {0x01, 0x01, 0xff}; /* certReq TRUE */
    static_assert(sizeof before + crypto_hash_sha256_BYTES + sizeof after ==
                      TIMESTAMP_REQUEST_BYTES,
                  "the lengths of the request");
    memcpy(ret_request, before, sizeof before);
    crypto_hash_sha256(ret_request + sizeof before, stamped.at, stamped.len);
    memcpy(ret_request + sizeof before + crypto_hash_sha256_BYTES, after, sizeof after);
}
