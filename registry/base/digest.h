/* SHA-256 (FIPS 180-4) through OpenSSL, fetched once. main() and each test call jk_digest_setup() once before any other
 * call; the rest is thread-safe, but a struct jk_sha256 must not be shared. */
#ifndef JK_BASE_DIGEST_H
#define JK_BASE_DIGEST_H

#include "base/span.h"

#define JK_DIGEST_SIZE 32
#define JK_DIGEST_HEX  64

struct jk_digest {
    unsigned char bytes[JK_DIGEST_SIZE];
};

struct jk_sha256; /* a running hash, reusable */

void jk_digest_setup(void);            /* idempotent; ends the process if OpenSSL has no SHA-256 */
struct jk_sha256 *jk_sha256_new(void); /* NULL when out of memory */
void jk_sha256_free(struct jk_sha256 *hash);
void jk_sha256_begin(struct jk_sha256 *hash);
void jk_sha256_add(struct jk_sha256 *hash, const void *bytes, size_t len);
void jk_sha256_end(struct jk_sha256 *hash, struct jk_digest *out_digest);

/* In one call, using a context kept per thread. */
struct jk_digest jk_digest_of(struct jk_span bytes);
/* The digest of the concatenated parts. */
struct jk_digest jk_digest_parts(const struct jk_span *parts, size_t count);
bool jk_digest_equal(const struct jk_digest *a, const struct jk_digest *b);
int jk_digest_compare(const struct jk_digest *a, const struct jk_digest *b);
bool jk_digest_is_zero(const struct jk_digest *digest);
/* 64 lower-case hex digits and a NUL. */
void jk_digest_hex(const struct jk_digest *digest, char out_hex[JK_DIGEST_HEX + 1]);
bool jk_digest_parse(struct jk_span hex, struct jk_digest *out_digest); /* exactly 64 lower-case digits */
/* In constant time for a given length. */
bool jk_bytes_equal_secret(const void *a, const void *b, size_t len);
/* Cryptographically secure random bytes; ends the process if there are none. */
void jk_random_bytes(void *out, size_t len);

#endif
