/* See audit_key.h. */
#include "verify/audit_key.h"

#include "audit/copy.h"
#include "cli/console/local.h"
#include "verify/witnessed.h"

static enum jk_status no_key(struct jk_cli *cli, const char *where)
{
    return jk_fail(&cli->error, JK_INVALID_ARGUMENT, "KEY_MALFORMED",
                   "%s has no verifier key (name+id+base64, of an Ed25519 key, one per line)", where);
}

/* A key, or a file of them. */
static enum jk_status given_key(struct jk_cli *cli, struct jk_audit_keys *out_keys)
{
    const char *text = cli->settings.key;
    struct jk_span bytes;
    if (jk_audit_keys_parse(jk_span_of(text), out_keys)) return JK_OK;
    if (!jk_local_exists(text))
        return jk_fail(&cli->error, JK_INVALID_ARGUMENT, "USAGE",
                       "%s \"%.160s\" is neither a verifier key (name+id+base64) nor a file that holds one",
                       cli->settings.key_where, text);
    JK_TRY(jk_local_read(text, JK_VKEY_FILE_MAX, &cli->arena, &bytes, &cli->error));
    return jk_audit_keys_parse(bytes, out_keys) ? JK_OK : no_key(cli, text);
}

static enum jk_status kept_key(struct jk_cli *cli, struct jk_span text, const char *where, struct jk_audit_keys *keys)
{
    return jk_audit_keys_parse(text, keys) ? JK_OK : no_key(cli, where);
}

/* Those whose time reaches that size. */
static void take_keys(const struct jk_keys *keys, uint64_t size, struct jk_audit_keys *out_keys)
{
    _Static_assert(JK_AUDIT_KEYS_MAX >= JK_KEYS_MAX, "every key has room");
    out_keys->count = 0;
    for (size_t i = 0; i < keys->count; i++)
        if (keys->until[i] == JK_KEYS_STILL || size <= keys->until[i])
            out_keys->keys[out_keys->count++] = keys->items[i];
}

void jk_audit_key_named(const struct jk_cli *cli, struct jk_span origin, struct jk_audit_keys *out_keys)
{
    struct jk_keys keys = {.count = 0};
    if (cli->witnessed) jk_witnessed_keys(cli->witnessed, origin, &keys);
    take_keys(&keys, 0, out_keys);
}

bool jk_audit_key_is_known(const struct jk_cli *cli, const struct jk_audit_key_places *places)
{
    struct jk_audit_keys named;
    jk_audit_key_named(cli, places->claimed.origin, &named);
    return cli->settings.key || named.count > 0 || (places->first_use && places->first_use->count > 0);
}

enum jk_status jk_audit_key(struct jk_cli *cli, const struct jk_audit_key_places *places,
                            struct jk_audit_trust *out_trust)
{
    memset(out_trust, 0, sizeof *out_trust);
    if (cli->settings.key) {
        out_trust->from = cli->settings.key_where;
        out_trust->origin = "option";
        out_trust->is_given = true;
        return given_key(cli, &out_trust->keys);
    }
    jk_audit_key_named(cli, places->claimed.origin, &out_trust->keys);
    if (out_trust->keys.count > 0) {
        out_trust->from = "--trust-policy";
        out_trust->origin = "trust-policy";
        out_trust->is_given = true;
        return JK_OK;
    }
    if (places->first_use && places->first_use->count > 0) {
        out_trust->from = "first use, remembered: this proves only that nothing has changed since";
        out_trust->origin = "first-use";
        take_keys(places->first_use, places->claimed.size, &out_trust->keys);
        return JK_OK;
    }
    if (places->mirror.len > 0) {
        out_trust->from = "the first audit into this mirror: this proves only that nothing has changed since";
        out_trust->origin = "mirror";
        return kept_key(cli, places->mirror, "the mirror's log.vkey", &out_trust->keys);
    }
    out_trust->from = "the source itself";
    out_trust->origin = "source";
    out_trust->is_offered = true;
    if (places->offered.len == 0)
        return jk_fail(&cli->error, JK_NOT_FOUND, "KEY_MISSING", "the source has no log.vkey: give a key with --key");
    return kept_key(cli, places->offered, "the source's log.vkey", &out_trust->keys);
}

void jk_audit_key_write(const struct jk_audit_keys *keys, struct jk_text *out)
{
    for (size_t i = 0; i < keys->count; i++) {
        jk_verifier_write(&keys->keys[i], out);
        jk_text_add_char(out, '\n');
    }
}
