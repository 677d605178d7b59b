/* SHA-256 through OpenSSL. The algorithm is fetched once (an implicit fetch costs more than a Merkle node), and each
 * thread keeps one context, freed when the thread ends. If there is no memory for it, the process ends. */
#include "base/digest.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/text.h"

struct jk_sha256 {
    EVP_MD_CTX *context;
};

static EVP_MD *sha256;
static pthread_once_t setup_once = PTHREAD_ONCE_INIT;
static pthread_key_t context_key; /* exists only for its destructor */
static _Thread_local EVP_MD_CTX *thread_context;

static void free_thread_context(void *context)
{
    thread_context = NULL; /* another key's destructor may still compute a digest: it gets a new context */
    EVP_MD_CTX_free(context);
}

static void setup(void)
{
    JK_CHECK(pthread_key_create(&context_key, free_thread_context) == 0);
    sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    JK_CHECK(sha256 != NULL);
}

void jk_digest_setup(void)
{
    JK_CHECK(pthread_once(&setup_once, setup) == 0);
}

static EVP_MD_CTX *context_new(void)
{
    JK_CHECK(sha256 != NULL); /* jk_digest_setup() was not called */
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (context && EVP_DigestInit_ex2(context, sha256, NULL) == 1) return context;
    EVP_MD_CTX_free(context);
    return NULL;
}

static EVP_MD_CTX *context_of_thread(void)
{
    if (__builtin_expect(thread_context != NULL, 1)) return thread_context;
    thread_context = context_new();
    JK_CHECK(thread_context != NULL);
    JK_CHECK(pthread_setspecific(context_key, thread_context) == 0);
    return thread_context;
}

static void end_digest(EVP_MD_CTX *context, struct jk_digest *out_digest)
{
    unsigned len = 0;
    JK_CHECK(EVP_DigestFinal_ex(context, out_digest->bytes, &len) == 1 && len == JK_DIGEST_SIZE);
}

struct jk_sha256 *jk_sha256_new(void)
{
    struct jk_sha256 *hash = malloc(sizeof *hash);
    if (!hash) return NULL;
    hash->context = context_new();
    if (hash->context) return hash;
    free(hash);
    return NULL;
}

void jk_sha256_free(struct jk_sha256 *hash)
{
    if (!hash) return;
    EVP_MD_CTX_free(hash->context);
    free(hash);
}

void jk_sha256_begin(struct jk_sha256 *hash)
{
    JK_CHECK(EVP_DigestInit_ex2(hash->context, NULL, NULL) == 1);
}

void jk_sha256_add(struct jk_sha256 *hash, const void *bytes, size_t len)
{
    if (len > 0) JK_CHECK(EVP_DigestUpdate(hash->context, bytes, len) == 1);
}

void jk_sha256_end(struct jk_sha256 *hash, struct jk_digest *out_digest)
{
    end_digest(hash->context, out_digest);
}

struct jk_digest jk_digest_of(struct jk_span bytes)
{
    return jk_digest_parts(&bytes, 1);
}

struct jk_digest jk_digest_parts(const struct jk_span *parts, size_t count)
{
    struct jk_digest digest;
    EVP_MD_CTX *context = context_of_thread();
    JK_CHECK(EVP_DigestInit_ex2(context, NULL, NULL) == 1);
    for (size_t i = 0; i < count; i++)
        if (parts[i].len > 0) JK_CHECK(EVP_DigestUpdate(context, parts[i].at, parts[i].len) == 1);
    end_digest(context, &digest);
    return digest;
}

bool jk_digest_equal(const struct jk_digest *a, const struct jk_digest *b)
{
    return memcmp(a->bytes, b->bytes, JK_DIGEST_SIZE) == 0;
}

int jk_digest_compare(const struct jk_digest *a, const struct jk_digest *b)
{
    int order = memcmp(a->bytes, b->bytes, JK_DIGEST_SIZE);
    return (order > 0) - (order < 0);
}

bool jk_digest_is_zero(const struct jk_digest *digest)
{
    static const struct jk_digest zero;
    return jk_digest_equal(digest, &zero);
}

void jk_digest_hex(const struct jk_digest *digest, char out_hex[JK_DIGEST_HEX + 1])
{
    jk_hex_encode(digest->bytes, JK_DIGEST_SIZE, out_hex);
    out_hex[JK_DIGEST_HEX] = '\0';
}

bool jk_digest_parse(struct jk_span hex, struct jk_digest *out_digest)
{
    return jk_hex_decode(hex, out_digest->bytes, JK_DIGEST_SIZE);
}

bool jk_bytes_equal_secret(const void *a, const void *b, size_t len)
{
    return len == 0 || CRYPTO_memcmp(a, b, len) == 0;
}

void jk_random_bytes(void *out, size_t len)
{
    unsigned char *bytes = out;
    while (len > 0) {
        int part = len > INT_MAX ? INT_MAX : (int)len;
        JK_CHECK(RAND_bytes(bytes, part) == 1);
        bytes += part;
        len -= (size_t)part;
    }
}
