/* See witnessed.h. */
#include "cli/witnessed.h"

#include "base/clock.h"
#include "base/defer.h"
#include "cli/local.h"

#define SECOND_US 1000000

enum jk_status jk_witnessed_read(struct jk_cli *cli)
{
    const char *path = jk_options_text(&cli->options, JK_OPTION_TRUST_POLICY);
    struct jk_error why;
    struct jk_span text;
    if (!path || cli->witnessed) return JK_OK;
    struct jk_witnessed *witnessed = jk_arena_zalloc(&cli->arena, 1, sizeof *witnessed);
    if (!witnessed) return jk_fail(&cli->error, JK_RESOURCE_EXHAUSTED, "MEMORY", "out of memory");
    jk_error_init(&why, &cli->arena);
    JK_TRY(jk_local_read(path, JK_TRUST_MAX, &cli->arena, &text, &cli->error));
    if (!jk_utf8_valid(text))
        return jk_fail(&cli->error, JK_INVALID_ARGUMENT, "LOCAL_FILE", "%.200s: it is not UTF-8", path);
    if (jk_trust_read(text, &cli->arena, &witnessed->policy, &why) != JK_OK)
        return jk_fail(&cli->error, why.status, "LOCAL_FILE", "%.200s: %s", path, why.message);
    witnessed->path = path;
    cli->witnessed = witnessed;
    return JK_OK;
}

void jk_witnessed_keys(const struct jk_witnessed *witnessed, struct jk_span origin, struct jk_keys *out_keys)
{
    struct jk_keys keys = {.from = JK_KEYS_GIVEN, .where = "--trust-policy"};
    const struct jk_trust *policy = witnessed->policy;
    for (uint32_t i = 0; i < policy->log_count && keys.count < JK_KEYS_MAX; i++) {
        if (!jk_span_equal(jk_span_of(policy->logs[i].key.name), origin)) continue;
        keys.until[keys.count] = JK_KEYS_STILL;
        keys.items[keys.count++] = policy->logs[i].key;
    }
    *out_keys = keys;
}

bool jk_witnessed_excludes(const struct jk_witnessed *witnessed, struct jk_span origin)
{
    struct jk_keys keys;
    jk_witnessed_keys(witnessed, origin, &keys);
    return witnessed->policy->log_count > 0 && keys.count == 0;
}

enum jk_status jk_witnessed_check(const struct jk_witnessed *witnessed, struct jk_span note,
                                  const struct jk_verifier *key, struct jk_trust_verdict *out_verdict,
                                  struct jk_error *error)
{
    struct jk_trust cosigners = *witnessed->policy;
    if (jk_witnessed_excludes(witnessed, jk_span_of(key->name)))
        return jk_fail(error, JK_INVALID_ARGUMENT, "TRUST_LOG", "the policy names no log \"%s\"", key->name);
    cosigners.log_count = 0; /* whose word the key has is settled */
    return jk_trust_check(&cosigners, note, key, out_verdict, error);
}

static void format_time(uint64_t time_s, char out_text[JK_TIME_TEXT])
{
    jk_time_format(time_s > INT64_MAX / SECOND_US ? 0 : (int64_t)time_s * SECOND_US, out_text);
}

static void list(const struct jk_trust *policy, const struct jk_trust_verdict *verdict, bool cosigned,
                 struct jk_text *out)
{
    const char *comma = "";
    for (uint32_t i = 0; i < policy->witness_count; i++) {
        char time[JK_TIME_TEXT];
        if ((verdict->cosigned >> i & 1) != cosigned) continue;
        format_time(verdict->times_s[i], time);
        jk_text_addf(out, "%s%s", comma, policy->witnesses[i].name);
        if (cosigned) jk_text_addf(out, " (%s)", time);
        comma = ", ";
    }
    if (!comma[0]) jk_text_add_str(out, "nobody");
}

const char *jk_witnessed_text(const struct jk_witnessed *witnessed, const struct jk_trust_verdict *verdict,
                              struct jk_arena *arena)
{
    const struct jk_trust *policy = witnessed->policy;
    JK_CLEANUP(jk_text_done) struct jk_text text;
    jk_text_init(&text, 0);
    list(policy, verdict, true, &text);
    if (__builtin_popcount(verdict->cosigned) < (int)policy->witness_count) {
        jk_text_add_str(&text, "; not: ");
        list(policy, verdict, false, &text);
    }
    const char *copy = text.failed ? NULL : jk_arena_copy(arena, text.bytes, text.len);
    return copy ? copy : "";
}

json_t *jk_witnessed_json(const struct jk_witnessed *witnessed, const struct jk_trust_verdict *verdict)
{
    const struct jk_trust *policy = witnessed->policy;
    json_t *cosigned = json_array(), *missing = json_array();
    for (uint32_t i = 0; i < policy->witness_count; i++) {
        const char *name = policy->witnesses[i].name;
        char time[JK_TIME_TEXT];
        format_time(verdict->times_s[i], time);
        if (verdict->cosigned >> i & 1)
            json_array_append_new(cosigned, json_pack("{s:s, s:s}", "witness", name, "time", time));
        else
            json_array_append_new(missing, json_string(name));
    }
    return json_pack("{s:s, s:o, s:o}", "file", witnessed->path, "cosigned", cosigned, "missing", missing);
}
