/* See audit_key.h. */
#include "cli/audit_key.h"

#include "audit/copy.h"
#include "cli/local.h"
#include "cli/memory.h"

static enum jk_status no_key(struct jk_cli *cli, const char *where)
{
    return jk_fail(&cli->error, JK_INVALID_ARGUMENT, "KEY_MALFORMED",
                   "%s has no verifier key (name+id+base64, of an Ed25519 key, one a line)", where);
}

/* A key, or a file of them. */
static enum jk_status given_key(struct jk_cli *cli, const char *text, struct jk_audit_keys *out_keys)
{
    struct jk_span bytes;
    if (jk_audit_keys_parse(jk_span_of(text), out_keys)) return JK_OK;
    if (!jk_local_exists(text)) return no_key(cli, "--key");
    JK_TRY(jk_local_read(text, JK_VKEY_FILE_MAX, &cli->arena, &bytes, &cli->error));
    return jk_audit_keys_parse(bytes, out_keys) ? JK_OK : no_key(cli, text);
}

/* The key that `jokbo register` or `verify` remembered of the log that the source says it is; empty for none. */
static enum jk_status key_of_first_use(struct jk_cli *cli, struct jk_span offered, struct jk_span *out_key)
{
    const char *state = jk_memory_state(&cli->arena);
    struct jk_audit_keys keys;
    struct jk_memory memory;
    *out_key = (struct jk_span){0};
    if (!state || !jk_audit_keys_parse(offered, &keys)) return JK_OK;
    JK_TRY(jk_memory_open(state, jk_span_of(keys.keys[0].name), &cli->arena, &memory, &cli->error));
    *out_key = memory.key;
    return JK_OK;
}

enum jk_status jk_audit_key(struct jk_cli *cli, struct jk_span remembered, struct jk_span offered,
                            struct jk_audit_trust *out_trust)
{
    struct jk_span before;
    memset(out_trust, 0, sizeof *out_trust);
    if (cli->settings.key) {
        out_trust->from = cli->settings.key_where;
        out_trust->origin = "option";
        return given_key(cli, cli->settings.key, &out_trust->keys);
    }
    if (remembered.len > 0) {
        out_trust->from = "the first audit into this mirror";
        out_trust->origin = "mirror";
        return jk_audit_keys_parse(remembered, &out_trust->keys) ? JK_OK : no_key(cli, "the mirror's log.vkey");
    }
    JK_TRY(key_of_first_use(cli, offered, &before));
    if (before.len > 0) {
        out_trust->from = "the first use, remembered";
        out_trust->origin = "first-use";
        return jk_audit_keys_parse(before, &out_trust->keys) ? JK_OK : no_key(cli, "what is remembered of the log");
    }
    out_trust->from = "the source itself";
    out_trust->origin = "source";
    out_trust->is_offered = true;
    if (offered.len == 0)
        return jk_fail(&cli->error, JK_NOT_FOUND, "KEY_MISSING", "the source has no log.vkey: give a key with --key");
    return jk_audit_keys_parse(offered, &out_trust->keys) ? JK_OK : no_key(cli, "the source's log.vkey");
}

void jk_audit_key_write(const struct jk_audit_keys *keys, struct jk_text *out)
{
    for (size_t i = 0; i < keys->count; i++) {
        jk_verifier_write(&keys->keys[i], out);
        jk_text_add_char(out, '\n');
    }
}
