/* Server credentials. See credentials.h. */
#include "rpc/credentials.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

#define PEM_MOST (1 << 20)
#define LOOK_MS  1000

enum { CERT, KEY, CLIENT_CA, FILES };

/* By what a change of a file is seen. */
struct stamp {
    ino_t inode;
    off_t size;
    struct timespec changed;
};

struct jk_rpc_certificates {
    pthread_mutex_t mutex;
    const char *paths[FILES]; /* the options'; CLIENT_CA may be NULL */
    struct stamp stamps[FILES];
    int64_t looked_ms;
    bool loaded;
};

static enum jk_status cannot_read(const char *path, const char *cause, struct jk_error *error)
{
    return jk_fail(error, JK_INVALID_ARGUMENT, "TLS_FILE", "TLS file %s: %s", path, cause);
}

static char *read_pem_bytes(int fd, size_t size)
{
    char *text = malloc(size + 1);
    size_t len = 0;
    while (text && len < size) {
        ssize_t got = read(fd, text + len, size - len);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) break;
        len += (size_t)got;
    }
    if (text) text[len] = '\0';
    return text;
}

static enum jk_status read_pem(const char *path, char **out_text, struct jk_error *error)
{
    struct stat facts;
    char cause[96];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &facts) != 0) {
        int why = errno;
        if (fd >= 0) close(fd);
        return cannot_read(path, strerror_r(why, cause, sizeof cause), error);
    }
    bool fits = S_ISREG(facts.st_mode) && facts.st_size > 0 && facts.st_size <= PEM_MOST;
    char *text = fits ? read_pem_bytes(fd, (size_t)facts.st_size) : NULL;
    close(fd);
    if (!text) return cannot_read(path, "not a file of 1 byte to 1 MiB", error);
    *out_text = text;
    return JK_OK;
}

/* gRPC would only say that the port could not be added; so the pair is checked here. */
static enum jk_status check_pair(const char *cert_pem, const char *key_pem, const struct jk_rpc_certificates *from,
                                 struct jk_error *error)
{
    BIO *cert_bio = BIO_new_mem_buf(cert_pem, -1), *key_bio = BIO_new_mem_buf(key_pem, -1);
    X509 *cert = cert_bio ? PEM_read_bio_X509(cert_bio, NULL, NULL, NULL) : NULL;
    EVP_PKEY *key = key_bio ? PEM_read_bio_PrivateKey(key_bio, NULL, NULL, (void *)"") : NULL;
    enum jk_status status = JK_OK;
    if (!cert)
        status = cannot_read(from->paths[CERT], "contains no certificate in PEM form", error);
    else if (!key)
        status = cannot_read(from->paths[KEY], "contains no private key in PEM form without a passphrase", error);
    else if (X509_check_private_key(cert, key) != 1)
        status = cannot_read(from->paths[KEY], "the key does not belong to the certificate", error);
    EVP_PKEY_free(key);
    X509_free(cert);
    BIO_free(key_bio);
    BIO_free(cert_bio);
    return status;
}

static enum jk_status load_config(const struct jk_rpc_certificates *from,
                                  grpc_ssl_server_certificate_config **out_config, struct jk_error *error)
{
    char *texts[FILES] = {0};
    enum jk_status status = JK_OK;
    for (int i = 0; i < FILES && status == JK_OK; i++)
        if (from->paths[i]) status = read_pem(from->paths[i], &texts[i], error);
    if (status == JK_OK) status = check_pair(texts[CERT], texts[KEY], from, error);
    if (status == JK_OK) {
        grpc_ssl_pem_key_cert_pair pair = {.private_key = texts[KEY], .cert_chain = texts[CERT]};
        /* A fetched configuration without roots aborts the library, even where no client is asked for a certificate:
         * then the roots are the server's own certificate, which nobody looks at. */
        *out_config =
            grpc_ssl_server_certificate_config_create(texts[CLIENT_CA] ? texts[CLIENT_CA] : texts[CERT], &pair, 1);
    }
    for (int i = 0; i < FILES; i++)
        free(texts[i]);
    return status;
}

static grpc_ssl_certificate_config_reload_status reload(struct jk_rpc_certificates *certificates,
                                                        grpc_ssl_server_certificate_config **out_config)
{
    int64_t now_ms = jk_monotonic_ms();
    if (certificates->loaded && now_ms - certificates->looked_ms < LOOK_MS)
        return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_UNCHANGED;
    certificates->looked_ms = now_ms;

    /* the stamps come before the reading, so that a file that changes in between is read again next time */
    bool changed = false;
    for (int i = 0; i < FILES; i++) {
        struct stat facts;
        if (!certificates->paths[i] || stat(certificates->paths[i], &facts) != 0) continue;
        struct stamp *old = &certificates->stamps[i];
        changed = changed || old->inode != facts.st_ino || old->size != facts.st_size ||
                  old->changed.tv_sec != facts.st_mtim.tv_sec || old->changed.tv_nsec != facts.st_mtim.tv_nsec;
        *old = (struct stamp){facts.st_ino, facts.st_size, facts.st_mtim};
    }

    if (!changed && certificates->loaded) return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_UNCHANGED;
    struct jk_error error;
    jk_error_init(&error, NULL);
    if (load_config(certificates, out_config, &error) != JK_OK) {
        /* The old one stays. Half-written files are seen here too; they change again. */
        jk_log(JK_LOG_WARN, "certificate-not-loaded", "cause", error.message, NULL);
        return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_FAIL;
    }
    jk_log(JK_LOG_INFO, certificates->loaded ? "certificate-reloaded" : "certificate-loaded", "file",
           certificates->paths[CERT], NULL);
    certificates->loaded = true;
    return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_NEW;
}

/* Called by gRPC at each new connection. */
static grpc_ssl_certificate_config_reload_status fetch(void *argument, grpc_ssl_server_certificate_config **out_config)
{
    struct jk_rpc_certificates *certificates = argument;
    pthread_mutex_lock(&certificates->mutex);
    grpc_ssl_certificate_config_reload_status status = reload(certificates, out_config);
    pthread_mutex_unlock(&certificates->mutex);
    return status;
}

void jk_rpc_certificates_free(struct jk_rpc_certificates *certificates)
{
    if (!certificates) return;
    pthread_mutex_destroy(&certificates->mutex);
    free(certificates);
}

static enum jk_status plain_text(const struct jk_rpc_options *options, const struct jk_address *address,
                                 grpc_server_credentials **out_credentials, struct jk_error *error)
{
    if (options->tls_client_ca)
        return jk_fail(error, JK_INVALID_ARGUMENT, "TLS_INCOMPLETE",
                       "a CA for clients needs TLS: give a certificate and its key, too");
    if (!address->local && !options->plaintext_anywhere)
        return jk_fail(error, JK_FAILED_PRECONDITION, "PLAINTEXT_REFUSED",
                       "listening on %s without TLS would send tokens in plain text over the network: give a "
                       "certificate and its key, or listen on a loopback address or a Unix socket",
                       address->text);
    *out_credentials = grpc_insecure_server_credentials_create();
    return JK_OK;
}

enum jk_status jk_rpc_credentials(const struct jk_rpc_options *options, const struct jk_address *address,
                                  grpc_server_credentials **out_credentials,
                                  struct jk_rpc_certificates **out_certificates, struct jk_error *error)
{
    *out_certificates = NULL;
    if (!options->tls_cert != !options->tls_key)
        return jk_fail(error, JK_INVALID_ARGUMENT, "TLS_INCOMPLETE",
                       "TLS needs a certificate and its key: give both files or none");
    if (!options->tls_cert) return plain_text(options, address, out_credentials, error);

    struct jk_rpc_certificates *certificates = calloc(1, sizeof *certificates);
    if (!certificates) return jk_out_of_memory(error);
    pthread_mutex_init(&certificates->mutex, NULL);
    certificates->paths[CERT] = options->tls_cert;
    certificates->paths[KEY] = options->tls_key;
    certificates->paths[CLIENT_CA] = options->tls_client_ca;

    /* Read once for the sake of the error message; gRPC fetches its own when the port is added. */
    grpc_ssl_server_certificate_config *trial = NULL;
    enum jk_status status = load_config(certificates, &trial, error);
    if (trial) grpc_ssl_server_certificate_config_destroy(trial);
    if (status != JK_OK) {
        jk_rpc_certificates_free(certificates);
        return status;
    }

    /* the library speaks TLS 1.2 and 1.3 and nothing older */
    grpc_ssl_client_certificate_request_type asked = certificates->paths[CLIENT_CA]
                                                         ? GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY
                                                         : GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE;
    *out_credentials = grpc_ssl_server_credentials_create_with_options(
        grpc_ssl_server_credentials_create_options_using_config_fetcher(asked, fetch, certificates));

    *out_certificates = certificates;
    return JK_OK;
}
