/* Reading and making the signing key; see keyfile.h. */
#include "store/keyfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/text.h"
#include "store/files.h"

#define PREFIX    "PRIVATE+KEY+"
#define KEY_TYPE  0x01 /* Ed25519 */
#define SEED      32
#define KEY_BYTES (1 + SEED)
#define FILE_MAX  1024

static enum jk_status refuse_key_file(struct jk_error *error, const char *path, const char *why)
{
    return jk_fail(error, JK_FAILED_PRECONDITION, "KEY_FILE", "the signing key %s %s", path, why);
}

static enum jk_status check_key_file(int fd, const char *path, struct jk_error *error)
{
    struct stat facts;

    if (fstat(fd, &facts) != 0) return refuse_key_file(error, path, strerror(errno));
    if (!S_ISREG(facts.st_mode)) return refuse_key_file(error, path, "is not a regular file");
    if (facts.st_uid != geteuid())
        return refuse_key_file(error, path, "belongs to another user: chown it to the server's user");
    if (facts.st_mode & 077) return refuse_key_file(error, path, "can be read by others: chmod it to 0600");
    if (facts.st_mode & 07777 & ~0600u)
        return refuse_key_file(error, path, "has another mode than 0600: chmod it to 0600");
    return JK_OK;
}

/* Name, key id and key of the line; the name contains no '+', base64 may. */
static bool split_key(struct jk_span text, struct jk_span *out_name, uint32_t *out_id, unsigned char out_key[KEY_BYTES])
{
    unsigned char id[4];
    struct jk_span hex;
    size_t len;

    if (!jk_span_starts(text, JK_SPAN(PREFIX))) return false;
    text = (struct jk_span){text.at + sizeof(PREFIX) - 1, text.len - (sizeof(PREFIX) - 1)};
    if (!jk_span_cut(&text, '+', out_name) || !jk_span_cut(&text, '+', &hex)) return false;
    if (hex.len != 8 || !jk_hex_decode(hex, id, sizeof(id))) return false;
    *out_id = (uint32_t)id[0] << 24 | (uint32_t)id[1] << 16 | (uint32_t)id[2] << 8 | id[3];
    return jk_base64_decode(text, out_key, KEY_BYTES, &len) && len == KEY_BYTES && out_key[0] == KEY_TYPE;
}

static struct jk_signer *parse_key(struct jk_span text)
{
    unsigned char key[KEY_BYTES];
    struct jk_signer *signer = NULL;
    struct jk_span name;
    uint32_t id;

    if (split_key(jk_span_trim(text), &name, &id, key)) signer = jk_signer_new(name, key + 1);
    explicit_bzero(key, sizeof(key));
    if (signer && jk_signer_verifier(signer)->key_id != id) {
        jk_signer_free(signer);
        return NULL;
    }
    return signer;
}

enum jk_status jk_keyfile_load(const char *path, struct jk_signer **out_signer, struct jk_error *error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    char text[FILE_MAX];
    struct jk_signer *signer = NULL;
    enum jk_status status;
    ssize_t len;

    if (fd < 0 && errno == ENOENT)
        return jk_fail(error, JK_NOT_FOUND, "KEY_FILE_ABSENT", "there is no signing key %s", path);
    if (fd < 0) return refuse_key_file(error, path, strerror(errno));
    status = check_key_file(fd, path, error);
    if (status == JK_OK) {
        len = read(fd, text, sizeof(text));
        if (len > 0 && len < FILE_MAX) signer = parse_key((struct jk_span){text, (size_t)len});
        explicit_bzero(text, sizeof(text));
        if (!signer)
            status = refuse_key_file(error, path, "is not a private key of the form " PREFIX "<name>+<id>+<base64>");
    }
    close(fd);
    if (status == JK_OK) *out_signer = signer;
    return status;
}

static bool write_text(const struct jk_signer *signer, const unsigned char key[KEY_BYTES], struct jk_text *out)
{
    const struct jk_verifier *verifier = jk_signer_verifier(signer);

    jk_text_addf(out, PREFIX "%s+%08x+", verifier->name, verifier->key_id);
    jk_base64_encode(out, key, KEY_BYTES);
    jk_text_add_char(out, '\n');
    return !out->failed;
}

/* Written under a temporary name first; linking to the real name then fails if that exists. */
static enum jk_status place_key_file(const char *path, struct jk_span text, struct jk_error *error)
{
    char draft[JK_PATH_MAX];
    enum jk_status status;

    if (!jk_path_join(draft, path, ".draft")) return refuse_key_file(error, path, "has too long a path");
    (void)unlink(draft);
    status = jk_file_write_new(draft, text, 0600, error);
    if (status != JK_OK) return status;
    if (link(draft, path) != 0)
        status = errno == EEXIST
                     ? jk_fail(error, JK_ALREADY_EXISTS, "KEY_FILE_EXISTS", "the signing key %s exists already", path)
                     : refuse_key_file(error, path, strerror(errno));
    (void)unlink(draft);
    return status == JK_OK ? jk_folder_sync_of(path, error) : status;
}

/* The name of a local log with that key. NULL when out of memory. */
static struct jk_signer *local_signer(const unsigned char seed[SEED])
{
    struct jk_signer *nameless = jk_signer_new(JK_SPAN(JK_KEYFILE_LOCAL), seed), *signer;
    char name[sizeof(JK_KEYFILE_LOCAL) + 8], hex[JK_DIGEST_HEX + 1];
    struct jk_digest digest;

    if (!nameless) return NULL;
    digest = jk_digest_of((struct jk_span){(const char *)jk_signer_verifier(nameless)->public_key, 32});
    jk_digest_hex(&digest, hex);
    (void)snprintf(name, sizeof(name), "%s%.8s", JK_KEYFILE_LOCAL, hex);
    signer = jk_signer_new(jk_span_of(name), seed);
    jk_signer_free(nameless);
    return signer;
}

/* `name` empty: the name of a local log. */
static enum jk_status make_key(const char *path, struct jk_span name, struct jk_signer **out_signer,
                               struct jk_error *error)
{
    unsigned char key[KEY_BYTES] = {KEY_TYPE};
    struct jk_signer *signer;
    struct jk_text text;
    enum jk_status status;

    jk_random_bytes(key + 1, SEED);
    jk_text_init(&text, FILE_MAX - 1);
    signer = name.len > 0 ? jk_signer_new(name, key + 1) : local_signer(key + 1);
    if (!signer)
        status = jk_fail(error, JK_INVALID_ARGUMENT, "ORIGIN",
                         "the origin \"%.*s\" is not a valid key name: give a URL without scheme, "
                         "without spaces and '+'",
                         (int)(name.len < 80 ? name.len : 80), name.at);
    else if (!write_text(signer, key, &text))
        status = refuse_key_file(error, path, "would be too long");
    else
        status = place_key_file(path, jk_text_span(&text), error);
    explicit_bzero(key, sizeof(key));
    if (text.bytes) explicit_bzero(text.bytes, text.len);
    jk_text_done(&text);
    if (status != JK_OK) jk_signer_free(signer);
    if (status == JK_OK) *out_signer = signer;
    return status;
}

enum jk_status jk_keyfile_make(const char *path, struct jk_span name, struct jk_signer **out_signer,
                               struct jk_error *error)
{
    return make_key(path, name.len > 0 ? name : JK_SPAN(" "), out_signer, error);
}

enum jk_status jk_keyfile_make_local(const char *path, struct jk_signer **out_signer, struct jk_error *error)
{
    return make_key(path, JK_SPAN(""), out_signer, error);
}
